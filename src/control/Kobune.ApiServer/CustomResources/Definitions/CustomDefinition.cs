using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.CustomResources.Schemas;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.CustomResources.Definitions;

/// <summary>A CustomResourceDefinition as it is served: its versions as resources of the registry. Immutable; a change of the definition makes a new one.</summary>
internal sealed class CustomDefinition
{
    private static readonly string[] LastVerbs = ["delete", "deletecollection", "get", "list", "watch"];

    private static readonly PrinterColumn NameColumn = new("Name", "string", "name", 0, "", "Name must be unique within a namespace. Is required when creating resources.");
    private static readonly PrinterColumn AgeColumn = new("Age", "date", "", 0, ".metadata.creationTimestamp", "CreationTimestamp is a timestamp representing the server time when this object was created.");

    private readonly Dictionary<string, ServedResource> byVersion = new(StringComparer.Ordinal);

    /// <param name="cacheOf">The cache for a stored resource; called once, with the version in which objects are stored.</param>
    public CustomDefinition(StoredObject source, Func<ResourceInfo, ResourceCache> cacheOf)
    {
        Source = source;
        var definition = Definition;
        Serves = Is(definition, "Established");
        var infos = definition.Spec.Versions.ToDictionary(v => v.Name, v => InfoOf(definition, v));
        var stored = definition.Spec.Versions.Find(v => v.Storage);
        if (stored is null)
        {
            return;
        }

        var storage = infos[stored.Name];
        var cache = cacheOf(storage);
        var storedVersion = new CustomVersion(definition, stored, storage, ConversionOf(definition, storage, storage));
        foreach (var version in definition.Spec.Versions)
        {
            var info = infos[version.Name];
            var custom = version == stored ? storedVersion : new CustomVersion(definition, version, info, ConversionOf(definition, storage, info));
            var served = Resource(custom, storage, cache, custom.Conversion.IsWebhook ? storedVersion : custom);
            if (version == stored)
            {
                Stored = served;
            }

            if (version.Served)
            {
                byVersion[version.Name] = served;
            }
        }
    }

    /// <summary>The newest state that is served like this; only its status may be newer than what the versions were made from.</summary>
    public StoredObject Source { get; set; }
    public CustomResourceDefinition Definition => (CustomResourceDefinition)Source.Object;
    public string Name => Source.Name;

    /// <summary>Whether its names are accepted and requests for it are answered.</summary>
    public bool Serves { get; }

    /// <summary>The resource in the version that is stored, whether served or not.</summary>
    public ServedResource? Stored { get; }

    public IEnumerable<ServedResource> Versions => byVersion.Values;

    public ServedResource? Version(string name) => byVersion.GetValueOrDefault(name);

    public static bool Is(CustomResourceDefinition definition, string condition) =>
        definition.Status.Conditions.Exists(c => c.Type == condition && c.Status == "True");

    /// <summary>Whether two states of a definition are served alike; conditions may differ.</summary>
    public static bool SameServing(CustomResourceDefinition a, CustomResourceDefinition b) =>
        a.Metadata.Uid == b.Metadata.Uid
        && a.Metadata.DeletionTimestamp is null == b.Metadata.DeletionTimestamp is null
        && Is(a, "Established") == Is(b, "Established")
        && ApiStruct.DeepEquals(a.Status.AcceptedNames, b.Status.AcceptedNames)
        && ApiStruct.DeepEquals(a.Spec, b.Spec);

    private static ServedResource Resource(CustomVersion custom, ResourceInfo storage, ResourceCache cache, CustomVersion rules) => new()
    {
        Info = custom.Info,
        Storage = storage,
        Cache = cache,
        Hooks = new CustomResourceHooks(rules),
        Converter = custom.Conversion,
        Custom = custom,
        HasStatus = custom.Info.Subresource("status") is not null,
        HasGeneration = true,
    };

    private static CustomConversion ConversionOf(CustomResourceDefinition definition, ResourceInfo storage, ResourceInfo served) => new(definition) { Storage = storage, Served = served };

    private static ResourceInfo InfoOf(CustomResourceDefinition definition, CustomResourceDefinitionVersion version)
    {
        // Names that are taken by others stay as they were accepted.
        var names = definition.Status.AcceptedNames.Plural.Length > 0 ? definition.Status.AcceptedNames : definition.Spec.Names;
        var terminating = definition.Metadata.DeletionTimestamp is not null;
        ResourceInfo? info = null;
        info = new ResourceInfo
        {
            Group = definition.Spec.Group,
            Version = version.Name,
            Kind = names.Kind,
            ListKind = names.ListKind.Length > 0 ? names.ListKind : names.Kind + "List",
            Plural = definition.Spec.Names.Plural,
            Singular = names.Singular,
            ShortNames = names.ShortNames,
            Categories = names.Categories,
            Namespaced = definition.Spec.Scope == "Namespaced",
            Verbs = terminating ? LastVerbs : CustomVersion.Verbs,
            Subresources = Subresources(definition, version, names.Kind),
            Columns = [NameColumn, .. version.AdditionalPrinterColumns.Count == 0 ? [AgeColumn] : version.AdditionalPrinterColumns.Select(Column)],
            Create = () => new DynamicObject(info!),
            SchemaSource = () => SchemaTypes.Root(names.Kind, version.Schema?.OpenAPIV3Schema),
        };
        CustomFacts.Register(info, definition, version);
        return info;
    }

    private static List<SubresourceInfo> Subresources(CustomResourceDefinition definition, CustomResourceDefinitionVersion version, string kind)
    {
        var result = new List<SubresourceInfo>();
        if (version.Subresources?.Status is not null)
        {
            result.Add(new SubresourceInfo("status", kind, definition.Spec.Group, version.Name, ["get", "patch", "update"]));
        }

        if (version.Subresources?.Scale is not null)
        {
            result.Add(new SubresourceInfo("scale", "Scale", "autoscaling", "v1", ["get", "patch", "update"]));
        }

        return result;
    }

    private static PrinterColumn Column(CustomResourceColumnDefinition column) =>
        new(column.Name, column.Type, column.Format, column.Priority, column.JsonPath, column.Description.Length > 0 ? column.Description : "Custom resource definition column (in JSONPath format): " + column.JsonPath);
}
