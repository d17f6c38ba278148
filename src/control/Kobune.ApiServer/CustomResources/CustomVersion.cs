using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.CustomResources.Schemas;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.CustomResources;

/// <summary>One served version of a custom resource: what its schema makes of objects that are written and read.</summary>
internal sealed class CustomVersion
{
    public static readonly string[] Verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

    private readonly CustomResourceDefinition definition;
    private readonly Lazy<bool> hasDefaults;
    private readonly Lazy<bool> hasRules;

    public CustomVersion(CustomResourceDefinition definition, CustomResourceDefinitionVersion version, ResourceInfo info, CustomConversion conversion)
    {
        this.definition = definition;
        Info = info;
        Schema = version.Schema?.OpenAPIV3Schema;
        Conversion = conversion;
        DeprecationWarning = version.Deprecated ? version.DeprecationWarning ?? DefaultWarning(definition, version) : null;
        hasDefaults = new Lazy<bool>(() => SchemaNodes.Contains(Schema, s => s.Default is not null));
        hasRules = new Lazy<bool>(() => SchemaNodes.Contains(Schema, s => s.XKubernetesValidations.Count > 0));
    }

    public ResourceInfo Info { get; }
    public JSONSchemaProps? Schema { get; }
    public CustomConversion Conversion { get; }
    public string Name => Info.Version;

    /// <summary>Sent with every request for a deprecated version; otherwise null.</summary>
    public string? DeprecationWarning { get; }

    /// <summary>Whether the schema has rules in CEL.</summary>
    public bool HasRules => hasRules.Value;

    /// <summary>The definition is being deleted: nothing new may be made.</summary>
    public bool IsTerminating => definition.Metadata.DeletionTimestamp is not null;

    /// <summary>Whether what the store has can be shown byte by byte: it was pruned by this very schema, and there is nothing to fill in.</summary>
    private bool ShowsStored => !hasDefaults.Value && definition.Metadata.Generation <= 1;

    /// <summary>Brings a written object into the schema's form: without unknown fields, with defaults.</summary>
    /// <returns>Whether the object was changed.</returns>
    public bool Shape(DynamicObject obj, DecodeReport? report)
    {
        var content = obj.Content;
        var pruned = Schema is not null && Pruning.Prune(content, Schema, report);
        return Default(obj) | pruned;
    }

    public bool Default(DynamicObject obj) => Defaulting.Apply(obj.Content, Schema);

    /// <summary>The stored object as this version shows it; made once per revision and version.</summary>
    public CustomView View(StoredObject stored)
    {
        for (var view = stored.View; view is not null; view = view.Next)
        {
            if (view.Version == this)
            {
                return view;
            }
        }

        return ShowsStored && CustomConversion.IsWrittenAs(stored.Json, Info)
            ? new CustomView(this, () => ((DynamicObject)stored.Object).As(Info), stored.Json, null)
            : Remember(stored, Made(stored, Conversion.FromStored((DynamicObject)stored.Object, Info)));
    }

    /// <summary>Whether a webhook must be asked before the object can be shown.</summary>
    public bool NeedsConversion(StoredObject stored)
    {
        for (var view = stored.View; view is not null; view = view.Next)
        {
            if (view.Version == this)
            {
                return false;
            }
        }

        return Conversion.IsWebhook && !CustomConversion.IsWrittenAs(stored.Json, Info);
    }

    /// <summary>Keeps what a webhook has made of a stored object.</summary>
    public void Keep(StoredObject stored, DynamicObject converted) => Remember(stored, Made(stored, converted));

    private CustomView Made(StoredObject stored, DynamicObject shown)
    {
        var copy = shown.Clone();
        var changed = Shape(copy, null);
        if (!changed && CustomConversion.IsWrittenAs(stored.Json, Info))
        {
            return new CustomView(this, () => shown, stored.Json, stored.View);
        }

        return new CustomView(this, () => copy, KubeJson.Write(copy), stored.View);
    }

    private static CustomView Remember(StoredObject stored, CustomView view)
    {
        // Two readers may race; the view of one is dropped from the chain and made again later.
        stored.View = view;
        return view;
    }

    /// <summary>Nothing is created any more while its definition is being deleted.</summary>
    public static KubeStatusException Ending(ResourceInfo info)
    {
        var error = StatusErrors.MethodNotAllowed(info.Group, info.Plural, "create");
        error.Status.Message = "create not allowed while custom resource definition is terminating";
        return error;
    }

    private static string DefaultWarning(CustomResourceDefinition definition, CustomResourceDefinitionVersion version)
    {
        var text = $"{definition.Spec.Group}/{version.Name} {definition.Spec.Names.Kind} is deprecated";
        var better = definition.Spec.Versions.Where(v => v is { Served: true, Deprecated: false })
            .OrderByDescending(v => v.Name, Discovery.VersionOrder.Instance).FirstOrDefault();
        return better is not null && Discovery.VersionOrder.Instance.Compare(better.Name, version.Name) > 0
            ? $"{text}; use {definition.Spec.Group}/{better.Name} {definition.Spec.Names.Kind}"
            : text;
    }

    /// <summary>The object as a JSON tree without kind, apiVersion and metadata, to compare and validate.</summary>
    public static JsonObject ContentOf(KubeObject obj) => ((DynamicObject)obj).Content;
}

/// <summary>A stored object as one version shows it.</summary>
internal sealed class CustomView(CustomVersion version, Func<DynamicObject> obj, byte[] json, CustomView? next)
{
    private DynamicObject? made;

    public CustomVersion Version => version;
    public DynamicObject Object => made ??= obj();
    public byte[] Json => json;
    public CustomView? Next => next;
}
