namespace Kobune.Controllers.Replicas;

/// <summary>The Pods of an owner, counted for its status.</summary>
internal sealed record ReplicaCounts(int Replicas, int FullyLabeled, int Ready, int Available, int Terminating);

/// <summary>Why Pods could not be created or deleted: the reason and message of the condition ReplicaFailure.</summary>
internal sealed record Failure(string Reason, string Message, Exception Error);
