namespace Kobune.Scheduler.Framework;

/// <summary>Says which nodes can take a Pod.</summary>
internal interface IFilterPlugin
{
    string Name { get; }

    /// <summary>The changes after which a Pod that this plug-in refused is worth another attempt.</summary>
    ClusterEvents HelpedBy { get; }

    /// <summary>Prepares an attempt; false when the plug-in has nothing to say about this Pod and need not be asked per node.</summary>
    bool Prepare(Attempt attempt);

    /// <summary>Whether the node can take the Pod, and why not.</summary>
    Verdict Filter(Attempt attempt, int node);
}
