namespace Kobune.Api.Meta.V1;

public sealed partial class ObjectMeta
{
    /// <summary>The owner that manages this object, or null.</summary>
    public OwnerReference? GetControllerOf()
    {
        foreach (var owner in _ownerReferences ?? [])
        {
            if (owner.Controller == true)
            {
                return owner;
            }
        }

        return null;
    }

    public bool IsControlledBy(KubeObject owner) => GetControllerOf()?.Uid is { Length: > 0 } uid && uid == owner.Metadata.Uid;

    public string? Label(string key) => _labels?.GetValueOrDefault(key);

    public string? Annotation(string key) => _annotations?.GetValueOrDefault(key);

    public bool HasFinalizer(string name) => _finalizers?.Contains(name) == true;

    /// <summary>Deletion was asked for; finalizers or a grace period hold the object.</summary>
    public bool IsDeleting => DeletionTimestamp != null;
}

public sealed partial class OwnerReference
{
    /// <summary>A reference that makes <paramref name="owner"/> the controller of what carries it.</summary>
    public static OwnerReference For(KubeObject owner, bool controller = true) => new()
    {
        ApiVersion = owner.ApiVersion,
        Kind = owner.Kind,
        Name = owner.Metadata.Name,
        Uid = owner.Metadata.Uid,
        Controller = controller ? true : null,
        BlockOwnerDeletion = controller ? true : null,
    };
}

public sealed partial class LabelSelector
{
    public static LabelSelector Of(IEnumerable<KeyValuePair<string, string>> labels) =>
        new() { MatchLabels = new Dictionary<string, string>(labels, StringComparer.Ordinal) };
}
