using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.Cel;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.CustomResources.Schemas;

/// <summary>x-kubernetes-validations: the rules in CEL of a schema and all its parts, checked against a value and what stood there before.</summary>
internal sealed class SchemaRules(FieldErrorList errors)
{
    private static readonly string[] Variables = ["self", "oldSelf"];
    private static readonly ConditionalWeakTable<ValidationRule, Compiled> Programs = [];
    private readonly CelBudget budget = new(CelBudget.PerCall * 10);

    private sealed record Compiled(CelProgram? Rule, CelProgram? Message, string? Problem)
    {
        public bool ComparesOld { get; } = Rule?.Uses("oldSelf") == true;
    }

    /// <summary>null, or why a rule of a definition does not compile.</summary>
    public static string? Problem(ValidationRule rule, JSONSchemaProps schema) => CompiledOf(rule, schema).Problem;

    /// <summary>The same without looking at fields by their schema: what was accepted once is compiled as it is.</summary>
    private static readonly Dictionary<string, JSONSchemaProps> NoSchemas = [];

    public void Check(JsonNode? value, JsonNode? old, JSONSchemaProps schema, string path)
    {
        if (value is null)
        {
            return;
        }

        // What did not change was accepted once; only rules that compare with before have something to say about it.
        var same = old is not null && JsonNode.DeepEquals(value, old);
        foreach (var rule in schema.XKubernetesValidations)
        {
            Rule(rule, value, old, same, schema, path);
        }

        switch (value)
        {
            case JsonObject map:
                foreach (var (name, member) in map)
                {
                    if ((SchemaNodes.PropertyOf(schema, name) ?? SchemaNodes.ValuesOf(schema)) is { } part)
                    {
                        Check(member, (old as JsonObject)?[name], part, SchemaNodes.Child(path, name));
                    }
                }

                break;
            case JsonArray list when SchemaNodes.ItemsOf(schema) is { } items:
                var before = new SchemaValidator.OldItems(old as JsonArray, schema);
                for (var i = 0; i < list.Count; i++)
                {
                    Check(list[i], before.Of(list[i]), items, $"{path}[{i}]");
                }

                break;
        }
    }

    private void Rule(ValidationRule rule, JsonNode value, JsonNode? old, bool same, JSONSchemaProps schema, string path)
    {
        var compiled = CompiledOf(rule, null);
        if (compiled.Rule is not { } program || (compiled.ComparesOld && old is null && rule.OptionalOldSelf != true) || (same && !compiled.ComparesOld))
        {
            return;
        }

        var scope = new CelScope(budget);
        scope.Set("self", SchemaValue.Of(value, schema));
        scope.Set("oldSelf", rule.OptionalOldSelf == true ? old is null ? CelOptional.None : CelOptional.Of(SchemaValue.Of(old, schema)) : SchemaValue.Of(old, schema));
        string? failure;
        try
        {
            failure = program.Evaluate(scope) is true ? null : Message(rule, compiled, scope);
        }
        catch (CelException e)
        {
            failure = $"rule \"{rule.Rule}\" evaluation failed: {e.Message}";
        }

        if (failure is not null)
        {
            Add(rule, schema, rule.FieldPath.Length > 0 ? path + rule.FieldPath : path, failure);
        }
    }

    private static string Message(ValidationRule rule, Compiled compiled, CelScope scope)
    {
        try
        {
            if (compiled.Message?.Evaluate(scope) is string made && made.Trim().Length > 0)
            {
                return made.Trim();
            }
        }
        catch (CelException)
        {
            // The plain message stands in.
        }

        return rule.Message.Length > 0 ? rule.Message : "failed rule: " + rule.Rule.Trim();
    }

    private void Add(ValidationRule rule, JSONSchemaProps schema, string path, string message)
    {
        var field = path.TrimStart('.');
        switch (rule.Reason)
        {
            case "FieldValueForbidden": errors.Forbidden(field, message); break;
            case "FieldValueRequired": errors.Required(field, message); break;
            case "FieldValueDuplicate": errors.Duplicate(field, schema.Type, message); break;
            default: errors.Invalid(field, schema.Type, message); break;
        }
    }

    private static Compiled CompiledOf(ValidationRule rule, JSONSchemaProps? schema) => schema is null ? Programs.GetValue(rule, static r => Compile(r, NoSchemas)) : Checked(rule, schema);

    private static Compiled Checked(ValidationRule r, JSONSchemaProps schema)
    {
        var schemas = new Dictionary<string, JSONSchemaProps>(StringComparer.Ordinal) { ["self"] = schema };
        if (r.OptionalOldSelf != true)
        {
            schemas["oldSelf"] = schema;
        }

        return Compile(r, schemas);
    }

    private static Compiled Compile(ValidationRule r, Dictionary<string, JSONSchemaProps> schemas)
    {
        try
        {
            var program = CelProgram.Compile(r.Rule, Variables, schemas, mustBeBool: true);
            var message = r.MessageExpression.Length > 0 ? CelProgram.Compile(r.MessageExpression, Variables, schemas) : null;
            return new Compiled(program, message, null);
        }
        catch (CelSyntaxException e)
        {
            return new Compiled(null, null, "compilation failed: " + e.Explain(r.Rule));
        }
    }
}
