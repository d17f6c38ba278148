using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.CustomResources.Schemas;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.ApiExtensions;

/// <summary>spec.versions of a CustomResourceDefinition.</summary>
internal static class VersionChecks
{
    private const int MaxSelectable = 8;
    private static readonly string[] ColumnTypes = ["boolean", "date", "integer", "number", "string"];
    private static readonly string[] ColumnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

    public static void Check(CustomResourceDefinitionSpec spec, FieldErrorList errors)
    {
        var versions = spec.Versions;
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < versions.Count; i++)
        {
            var path = $"spec.versions[{i}]";
            if (!names.Add(versions[i].Name))
            {
                errors.Duplicate(path + ".name", versions[i].Name);
            }

            errors.Each(path + ".name", versions[i].Name, Names.Dns1035Label(versions[i].Name));
            Version(versions[i], path, errors);
        }

        if (versions.Count == 0)
        {
            errors.Required("spec.versions", "must have exactly one version marked as storage version");
        }
        else if (versions.Count(v => v.Storage) != 1)
        {
            errors.Invalid("spec.versions", Shown.List(versions), "must have exactly one version marked as storage version");
        }
    }

    private static void Version(CustomResourceDefinitionVersion version, string path, FieldErrorList errors)
    {
        if (version.DeprecationWarning is not null && !version.Deprecated)
        {
            errors.Invalid(path + ".deprecationWarning", version.DeprecationWarning, "can only be set for deprecated versions");
        }

        if (version.Schema?.OpenAPIV3Schema is not { } schema)
        {
            errors.Required(path + ".schema.openAPIV3Schema", "schemas are required");
        }
        else
        {
            new StructuralChecks(errors).Root(schema, path + ".schema.openAPIV3Schema");
            Selectable(version, schema, path + ".selectableFields", errors);
        }

        Scale(version.Subresources?.Scale, path + ".subresources.scale", errors);
        for (var i = 0; i < version.AdditionalPrinterColumns.Count; i++)
        {
            Column(version.AdditionalPrinterColumns[i], $"{path}.additionalPrinterColumns[{i}]", errors);
        }
    }

    private static void Selectable(CustomResourceDefinitionVersion version, JSONSchemaProps schema, string path, FieldErrorList errors)
    {
        if (version.SelectableFields.Count > MaxSelectable)
        {
            errors.TooMany(path, version.SelectableFields.Count, MaxSelectable);
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < version.SelectableFields.Count; i++)
        {
            var field = version.SelectableFields[i].JsonPath;
            var at = $"{path}[{i}].jsonPath";
            if (field.Length == 0)
            {
                errors.Required(at);
                continue;
            }

            JSONSchemaProps? part = schema;
            foreach (var name in field.TrimStart('.').Split('.'))
            {
                part = SchemaNodes.PropertyOf(part, name);
            }

            if (part is not { Type: "string" or "boolean" or "integer" })
            {
                errors.Invalid(at, field, part is null ? "does not refer to a valid field" : "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.");
            }

            if (!seen.Add(field))
            {
                errors.Duplicate(at, field);
            }
        }
    }

    private static void Scale(CustomResourceSubresourceScale? scale, string path, FieldErrorList errors)
    {
        if (scale is null)
        {
            return;
        }

        At(scale.SpecReplicasPath, ".spec.", path + ".specReplicasPath");
        At(scale.StatusReplicasPath, ".status.", path + ".statusReplicasPath");

        void At(string value, string prefix, string field)
        {
            if (value.Length == 0)
            {
                errors.Required(field);
            }
            else if (!value.StartsWith(prefix, StringComparison.Ordinal))
            {
                errors.Invalid(field, value, $"should be a json path under {prefix.TrimEnd('.')}");
            }
        }
    }

    private static void Column(CustomResourceColumnDefinition column, string path, FieldErrorList errors)
    {
        if (column.Name.Length == 0)
        {
            errors.Required(path + ".name");
        }

        if (column.Type.Length == 0)
        {
            errors.Required(path + ".type", $"must be one of {string.Join(',', ColumnTypes)}");
        }
        else if (!ColumnTypes.Contains(column.Type))
        {
            errors.Invalid(path + ".type", column.Type, $"must be one of {string.Join(',', ColumnTypes)}");
        }

        if (column.Format.Length > 0 && !ColumnFormats.Contains(column.Format))
        {
            errors.Invalid(path + ".format", column.Format, $"must be one of {string.Join(',', ColumnFormats)}");
        }

        if (column.JsonPath.Length == 0)
        {
            errors.Required(path + ".jsonPath");
        }
    }
}
