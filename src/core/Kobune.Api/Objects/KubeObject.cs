namespace Kobune.Api;

using Kobune.Api.Meta.V1;

/// <summary>Every kind that carries ObjectMeta, built-in or custom.</summary>
public abstract class KubeObject : ApiStruct
{
    private ObjectMeta? _metadata;

    /// <summary>The static facts of its kind.</summary>
    public abstract ResourceInfo Resource { get; }

    public virtual string ApiVersion => Resource.ApiVersion;

    public virtual string Kind => Resource.Kind;

    /// <summary>Never null; made when first asked for.</summary>
    public virtual ObjectMeta Metadata
    {
        get => _metadata ??= new ObjectMeta();
        set => _metadata = value;
    }

    public string Name => Metadata.Name;

    public string Namespace => Metadata.Namespace;

    /// <summary><c>namespace/name</c>, or the name alone for what has no namespace.</summary>
    public string Key => Metadata.Namespace.Length == 0 ? Metadata.Name : Metadata.Namespace + "/" + Metadata.Name;

    /// <summary>Takes over another object's status (shared, not copied); kinds without one do nothing.</summary>
    public virtual void CopyStatus(KubeObject from)
    {
    }

    /// <summary>Empties the status.</summary>
    public void ClearStatus() => CopyStatus(Resource.Create());

    public KubeObject DeepClone() => (KubeObject)CloneStruct();

    internal ObjectMeta? MetadataOrNull
    {
        get => _metadata;
        set => _metadata = value;
    }
}

/// <summary>The static face of a kind, for code that is generic over kinds.</summary>
public interface IKubeKind<TSelf>
    where TSelf : KubeObject, IKubeKind<TSelf>
{
    static abstract ResourceInfo Info { get; }

    static abstract TSelf New();
}
