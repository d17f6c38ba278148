namespace Kobune.Cluster;

/// <summary>One node of a local cluster. Its number gives it its address and folders; the first has 1.</summary>
internal sealed record ClusterNode(int Number, string Name)
{
    /// <summary>Nodes that one bridge network of a cluster holds.</summary>
    public const int MaxNumber = 200;
}
