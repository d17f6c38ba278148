namespace Kobune.Api;

using Kobune.Api.Meta.V1;

/// <summary>A page of objects of one kind, as a list request answers it.</summary>
public sealed class KubeList<T>
    where T : KubeObject
{
    public ListMeta Metadata { get; set; } = new();

    public List<T> Items { get; set; } = [];
}
