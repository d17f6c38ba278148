using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.ApiExtensions;

/// <summary>spec.versions of a CustomResourceDefinition.</summary>
internal static class VersionChecks
{
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
        else if (schema.Type.Length == 0)
        {
            errors.Required(path + ".schema.openAPIV3Schema.type", "must not be empty at the root");
        }
        else if (schema.Type != "object")
        {
            errors.Invalid(path + ".schema.openAPIV3Schema.type", schema.Type, "must be object at the root");
        }

        Scale(version.Subresources?.Scale, path + ".subresources.scale", errors);
        for (var i = 0; i < version.AdditionalPrinterColumns.Count; i++)
        {
            Column(version.AdditionalPrinterColumns[i], $"{path}.additionalPrinterColumns[{i}]", errors);
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
