using Kobune.Api;

namespace Kobune.ApiServer.Registry;

/// <summary>What the registry does to metadata before anything else looks at it.</summary>
internal static class MetadataSteps
{
    /// <summary>The path's namespace is filled in; another one in the body is an error.</summary>
    public static void MatchNamespace(RequestScope scope, KubeObject obj)
    {
        var meta = obj.Metadata;
        if (!scope.Resource.Info.Namespaced)
        {
            return;
        }

        if (meta.Namespace.Length == 0)
        {
            meta.Namespace = scope.Namespace;
        }
        else if (scope.Namespace.Length > 0 && meta.Namespace != scope.Namespace)
        {
            throw StatusErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    public static void MatchName(RequestScope scope, KubeObject obj)
    {
        if (obj.Metadata.Name.Length == 0)
        {
            obj.Metadata.Name = scope.Name;
        }
        else if (obj.Metadata.Name != scope.Name)
        {
            throw StatusErrors.BadRequest($"the name of the object ({obj.Metadata.Name}) does not match the name on the URL ({scope.Name})");
        }
    }

    public static void FillForCreate(KubeObject obj, DateTimeOffset now, Random random)
    {
        var meta = obj.Metadata;
        meta.Uid = GeneratedNames.Uid(random);
        meta.CreationTimestamp = now;
        meta.DeletionTimestamp = null;
        meta.DeletionGracePeriodSeconds = null;
        meta.SelfLink = "";
    }

    /// <summary>What a client may leave out of an update is taken from the stored object; what it may not decide is overwritten.</summary>
    public static void FillForUpdate(KubeObject obj, KubeObject old)
    {
        var meta = obj.Metadata;
        var was = old.Metadata;
        meta.SelfLink = "";
        meta.Generation = was.Generation;
        meta.CreationTimestamp ??= was.CreationTimestamp;
        meta.DeletionTimestamp ??= was.DeletionTimestamp;
        meta.DeletionGracePeriodSeconds ??= was.DeletionGracePeriodSeconds;
        if (meta.Uid.Length == 0)
        {
            meta.Uid = was.Uid;
        }

        if (meta.GenerateName.Length == 0)
        {
            meta.GenerateName = was.GenerateName;
        }
    }
}
