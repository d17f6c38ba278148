using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.CustomResources.Schemas;

/// <summary>
/// Checks a value against its schema in upstream's words. What an update leaves as it was is not checked again
/// (ratcheting), so that a stricter schema does not lock existing objects.
/// </summary>
internal sealed partial class SchemaValidator(FieldErrorList errors)
{
    /// <param name="old">What stood there before, or null.</param>
    public void Check(JsonNode? value, JsonNode? old, JSONSchemaProps schema, string path)
    {
        if (old is not null && JsonNode.DeepEquals(value, old))
        {
            return;
        }

        if (!HasType(value, schema, path))
        {
            return;
        }

        Composition(value, schema, path);
        switch (value)
        {
            case JsonObject map:
                Object(map, old as JsonObject, schema, path);
                break;
            case JsonArray list:
                List(list, old as JsonArray, schema, path);
                break;
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String:
                Text(scalar.GetValue<string>(), schema, path);
                break;
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.Number:
                Number(scalar, schema, path);
                break;
        }

        if (schema.Enum.Count > 0 && !SchemaNodes.IsNull(value) && !schema.Enum.Exists(e => JsonNode.DeepEquals(e.ToNode(), value)))
        {
            errors.NotSupported(path, Shown(value), schema.Enum.Select(e => e.ToNode() is JsonValue v && v.TryGetValue(out string? text) ? text : e.ToString()));
        }
    }

    private bool HasType(JsonNode? value, JSONSchemaProps schema, string path)
    {
        var actual = TypeOf(value);
        if (actual == "null" && schema.Nullable)
        {
            return true;
        }

        var wanted = schema.XKubernetesIntOrString ? "integer,string" : schema.Type;
        var fits = wanted switch
        {
            "" => true,
            "number" => actual is "integer" or "number",
            "integer,string" => actual is "integer" or "string",
            _ => wanted == actual,
        };
        if (!fits)
        {
            errors.TypeInvalid(path, actual, $"{path} in body must be of type {wanted}: \"{actual}\"");
        }

        return fits;
    }

    internal static string TypeOf(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "object",
        JsonArray => "array",
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Null => "null",
            _ => decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && decimal.Truncate(number) == number ? "integer" : "number",
        },
    };

    private void Object(JsonObject map, JsonObject? old, JSONSchemaProps schema, string path)
    {
        foreach (var name in schema.Required)
        {
            if (!map.ContainsKey(name))
            {
                errors.Required(SchemaNodes.Child(path, name));
            }
        }

        if (schema.MaxProperties is { } max && map.Count > max)
        {
            errors.TooMany(path, map.Count, (int)max);
        }

        if (schema.MinProperties is { } min && map.Count < min)
        {
            Invalid(path, "", $"should have at least {min} properties");
        }

        if (schema.XKubernetesEmbeddedResource)
        {
            Embedded(map, path);
        }

        foreach (var (name, value) in map)
        {
            var part = SchemaNodes.PropertyOf(schema, name) ?? SchemaNodes.ValuesOf(schema);
            if (part is not null && !(schema.XKubernetesEmbeddedResource && SchemaNodes.IsObjectField(name) && name != "metadata"))
            {
                Check(value, old?[name], part, SchemaNodes.Child(path, name));
            }
        }
    }

    private void Embedded(JsonObject map, string path)
    {
        foreach (var name in new[] { "apiVersion", "kind" })
        {
            if (map[name] is not JsonValue value || !value.TryGetValue(out string? text) || text.Length == 0)
            {
                errors.Required(SchemaNodes.Child(path, name), "must not be empty");
            }
        }
    }

    private void Text(string value, JSONSchemaProps schema, string path)
    {
        var length = value.EnumerateRunes().Count();
        if (schema.MaxLength is { } max && length > max)
        {
            errors.TooLong(path, (int)max);
        }

        if (schema.MinLength is { } min && length < min)
        {
            Invalid(path, value, $"should be at least {min} chars long");
        }

        if (schema.Pattern.Length > 0 && !Matches(schema.Pattern, value))
        {
            Invalid(path, value, $"should match '{schema.Pattern}'");
        }

        if (schema.Format.Length > 0 && !Formats.Holds(schema.Format, value))
        {
            errors.TypeInvalid(path, value, $"{path} in body must be of type {schema.Format}: {FieldErrorList.Quoted(value)}");
        }
    }

    private static bool Matches(string pattern, string value)
    {
        try
        {
            return Patterns.Of(pattern).IsMatch(value);
        }
        catch (ArgumentException)
        {
            // A pattern that definitions of an earlier release were created with; it excludes nothing.
            return true;
        }
    }

    private void Number(JsonValue value, JSONSchemaProps schema, string path)
    {
        var number = double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);
        if (schema.Maximum is { } max && (schema.ExclusiveMaximum ? number >= max : number > max))
        {
            Invalid(path, Shown(value), $"should be less than {(schema.ExclusiveMaximum ? "" : "or equal to ")}{Show(max)}");
        }

        if (schema.Minimum is { } min && (schema.ExclusiveMinimum ? number <= min : number < min))
        {
            Invalid(path, Shown(value), $"should be greater than {(schema.ExclusiveMinimum ? "" : "or equal to ")}{Show(min)}");
        }

        if (schema.MultipleOf is { } step && step != 0 && Math.Abs((number / step) - Math.Round(number / step)) > 1e-9)
        {
            Invalid(path, Shown(value), $"should be a multiple of {Show(step)}");
        }
    }

    private static string Show(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private void Invalid(string path, object? value, string detail) => errors.Invalid(path, value, $"{path} in body {detail}");

    private static object? Shown(JsonNode? value) => value is JsonValue v && v.TryGetValue(out string? text) ? text : RawJson.From(value);
}
