using Kobune.Api;
using Kobune.Api.Meta.V1;

namespace Kobune.Runtime;

/// <summary>The indexes that several components use.</summary>
public static class Indexes
{
    /// <summary>By the uid of the owner that controls the object.</summary>
    public static IIndex<T> ByController<T>(this ILister<T> lister) where T : KubeObject =>
        lister.IndexBy("controller", static obj => ControllerOf(obj) is { } owner ? [owner.Uid] : []);

    /// <summary>By the uid of every owner.</summary>
    public static IIndex<T> ByOwner<T>(this ILister<T> lister) where T : KubeObject =>
        lister.IndexBy("owner", static obj => obj.Metadata.OwnerReferences.Select(o => o.Uid));

    /// <summary>The owner that controls the object, or null.</summary>
    public static OwnerReference? ControllerOf(KubeObject obj)
    {
        foreach (var owner in obj.Metadata.OwnerReferences)
        {
            if (owner.Controller == true)
            {
                return owner;
            }
        }

        return null;
    }
}
