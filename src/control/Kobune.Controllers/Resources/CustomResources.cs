using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;

namespace Kobune.Controllers.Resources;

/// <summary>The resource that a CustomResourceDefinition defines, as far as a controller of all kinds needs to know it.</summary>
internal static class CustomResources
{
    private static readonly string[] AllVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// <summary>The resource in the version that is stored, or else any that is served; null when none is.</summary>
    public static ResourceInfo? Preferred(CustomResourceDefinition definition)
    {
        var served = definition.Spec.Versions.Where(v => v.Served).ToList();
        if ((served.FirstOrDefault(v => v.Storage) ?? served.FirstOrDefault()) is not { } version)
        {
            return null;
        }

        var names = definition.Spec.Names;
        ResourceInfo? resource = null;
        resource = new ResourceInfo
        {
            Group = definition.Spec.Group,
            Version = version.Name,
            Kind = names.Kind,
            ListKind = names.ListKind.Length > 0 ? names.ListKind : names.Kind + "List",
            Plural = names.Plural,
            Singular = names.Singular,
            Namespaced = definition.Spec.Scope == "Namespaced",
            Verbs = AllVerbs,
            Create = () => new DynamicObject(resource!),
            SchemaSource = static () => throw new InvalidOperationException("a controller has no use for the schema"),
        };
        return resource;
    }
}
