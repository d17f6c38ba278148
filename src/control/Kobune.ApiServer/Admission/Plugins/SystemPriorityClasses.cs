using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.Api.Scheduling.V1;
using Kobune.Client;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>The two priority classes that every cluster has.</summary>
internal static class SystemPriorityClasses
{
    /// <summary>What users may give at most; system classes lie above.</summary>
    public const int HighestUserPriority = 1_000_000_000;

    public const string Prefix = "system-";

    public static IReadOnlyList<PriorityClass> All { get; } =
    [
        Make("system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved from their current node."),
        Make("system-cluster-critical", 2_000_000_000, "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."),
    ];

    /// <summary>Creates those that are missing.</summary>
    public static async Task EnsureAsync(IKubeClient client, CancellationToken cancellationToken)
    {
        foreach (var wanted in All)
        {
            if (await client.FindAsync<PriorityClass>(null, wanted.Metadata.Name, cancellationToken).ConfigureAwait(false) is not null)
            {
                continue;
            }

            try
            {
                await client.CreateAsync(wanted.Clone(), cancellationToken: cancellationToken).ConfigureAwait(false);
            }
            catch (KubeStatusException e) when (e.IsAlreadyExists)
            {
                // Another server was faster.
            }
        }
    }

    private static PriorityClass Make(string name, int value, string description) =>
        new() { Metadata = new ObjectMeta { Name = name }, Value = value, Description = description, PreemptionPolicy = "PreemptLowerPriority" };
}
