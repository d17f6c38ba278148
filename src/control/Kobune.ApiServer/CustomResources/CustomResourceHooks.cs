using Kobune.Api;
using Kobune.ApiServer.CustomResources.Schemas;
using Kobune.ApiServer.Resources;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.CustomResources;

/// <summary>A custom resource in the registry: defaults and validation by its schema.</summary>
/// <param name="version">The version whose schema counts: the request's, or, where a webhook converts, the one that is stored.</param>
internal sealed class CustomResourceHooks(CustomVersion version) : ResourceHooks
{
    public override bool AllowUnconditionalUpdate => false;

    public override void Default(KubeObject obj) => version.Default((DynamicObject)obj);

    public override void Validate(KubeObject obj, FieldErrorList errors) => Check(obj, null, errors);

    public override void ValidateUpdate(KubeObject obj, KubeObject old, FieldErrorList errors) => Check(obj, old, errors);

    public override void ValidateStatusUpdate(KubeObject obj, KubeObject old, FieldErrorList errors) => Check(obj, old, errors);

    private void Check(KubeObject obj, KubeObject? old, FieldErrorList errors)
    {
        if (version.Schema is not { } schema)
        {
            return;
        }

        var before = old is null ? null : CustomVersion.ContentOf(old);
        var content = CustomVersion.ContentOf(obj);
        new SchemaValidator(errors).Check(content, before, Root(schema), "");
        if (errors.Count == 0 && version.HasRules)
        {
            // Rules may look at a name, and need not be written for values of the wrong type.
            new SchemaRules(errors).Check(Whole(obj), old is null ? null : Whole(old), schema, "");
        }
    }

    private static System.Text.Json.Nodes.JsonObject Whole(KubeObject obj)
    {
        var whole = (System.Text.Json.Nodes.JsonObject)CustomVersion.ContentOf(obj).DeepClone();
        whole["apiVersion"] = obj.ApiVersion;
        whole["kind"] = obj.Kind;
        whole["metadata"] = new System.Text.Json.Nodes.JsonObject { ["name"] = obj.Metadata.Name, ["generateName"] = obj.Metadata.GenerateName };
        return whole;
    }

    /// <summary>The content lacks what every object has; the root must not miss it.</summary>
    private static Kobune.Api.ApiExtensions.V1.JSONSchemaProps Root(Kobune.Api.ApiExtensions.V1.JSONSchemaProps schema)
    {
        if (!schema.Required.Exists(SchemaNodes.IsObjectField))
        {
            return schema;
        }

        var copy = schema.Clone();
        copy.Required = [.. schema.Required.Where(r => !SchemaNodes.IsObjectField(r))];
        return copy;
    }
}
