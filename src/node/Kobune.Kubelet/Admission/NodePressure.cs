namespace Kobune.Kubelet.Admission;

/// <summary>Which resources the node is running out of; set by the eviction manager, read by admission and the node's status.</summary>
internal sealed class NodePressure
{
    public volatile bool Memory;
    public volatile bool Disk;
    public volatile bool Pids;

    /// <summary>Names of the conditions that hold.</summary>
    public IEnumerable<string> Conditions()
    {
        if (Memory)
        {
            yield return "MemoryPressure";
        }

        if (Disk)
        {
            yield return "DiskPressure";
        }

        if (Pids)
        {
            yield return "PIDPressure";
        }
    }
}
