using Kobune.Api;

namespace Kobune.Runtime;

/// <summary>The name of an object within its kind. The namespace is empty for cluster-scoped kinds.</summary>
public readonly record struct ObjectKey(string Namespace, string Name)
{
    public static ObjectKey Of(KubeObject obj) => new(obj.Metadata.Namespace, obj.Metadata.Name);

    /// <summary>For client calls: null when the kind is cluster-scoped.</summary>
    public string? NamespaceOrNull => Namespace.Length == 0 ? null : Namespace;

    /// <summary><c>namespace/name</c>, or the bare name.</summary>
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
