using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Runtime;

/// <summary>References to objects.</summary>
public static class References
{
    /// <summary>A reference to the object as it is; with <paramref name="fieldPath"/>, to a part of it, such as <c>spec.containers{web}</c>.</summary>
    public static ObjectReference To(KubeObject obj, string fieldPath = "") => new()
    {
        Kind = obj.Kind,
        ApiVersion = obj.ApiVersion,
        Namespace = obj.Metadata.Namespace,
        Name = obj.Metadata.Name,
        Uid = obj.Metadata.Uid,
        ResourceVersion = obj.Metadata.ResourceVersion,
        FieldPath = fieldPath,
    };
}
