using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.Cel.Library;
using Kobune.ApiServer.CustomResources.Schemas;

namespace Kobune.ApiServer.Cel;

/// <summary>
/// Finds what cannot work before anything is evaluated: unknown variables, functions and, where there is a schema, fields.
/// Types are followed only as far as schemas and literals tell them.
/// </summary>
internal sealed class CelChecker(IEnumerable<string> names, IReadOnlyDictionary<string, JSONSchemaProps>? schemas)
{
    private readonly HashSet<string> known = [.. names];

    /// <summary>What is known about a value: its schema, or the name of its type.</summary>
    private sealed record Known(JSONSchemaProps? Schema, string? Type)
    {
        public static readonly Known Nothing = new(null, null);
        public static readonly Known Bool = new(null, "bool");
    }

    public void Check(CelNode root, bool mustBeBool)
    {
        var scope = new Dictionary<string, Known>(StringComparer.Ordinal);
        foreach (var (name, schema) in schemas ?? new Dictionary<string, JSONSchemaProps>())
        {
            scope[name] = new Known(schema, null);
        }

        var type = Node(root, scope);
        var name0 = type.Type ?? type.Schema?.Type switch { "string" => "string", "integer" => "int", "number" => "double", "array" => "list", "object" => "map", _ => null };
        if (mustBeBool && name0 is not (null or "bool"))
        {
            throw new CelSyntaxException("must evaluate to bool", 0);
        }
    }

    /// <summary>All names that an expression refers to.</summary>
    public static HashSet<string> Names(CelNode root)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        Visit(root);
        return names;

        void Visit(CelNode? node)
        {
            switch (node)
            {
                case CelName name: names.Add(name.Name); break;
                case CelSelect s: Visit(s.Operand); break;
                case CelIndex i: Visit(i.Operand); Visit(i.Key); break;
                case CelCall c:
                    Visit(c.Target);
                    foreach (var a in c.Arguments)
                    {
                        Visit(a);
                    }

                    break;
                case CelListNode l: l.Items.ToList().ForEach(i => Visit(i.Value)); break;
                case CelMapNode m: m.Entries.ToList().ForEach(e => { Visit(e.Key); Visit(e.Value); }); break;
                case CelMessage m: m.Fields.ToList().ForEach(f => Visit(f.Value)); break;
                case CelConditional c: Visit(c.Condition); Visit(c.Yes); Visit(c.No); break;
                case CelLoop l: Visit(l.Range); Visit(l.Filter); Visit(l.Body); break;
            }
        }
    }

    private Known Node(CelNode node, Dictionary<string, Known> scope)
    {
        switch (node)
        {
            case CelLiteral literal:
                return new Known(null, CelTypes.NameOf(literal.Value));
            case CelName name:
                return scope.TryGetValue(name.Name, out var bound) ? bound
                    : known.Contains(name.Name) || CelLibrary.TypeNamed(name.Name) is not null ? Known.Nothing
                    : throw new CelSyntaxException($"undeclared reference to '{name.Name}' (in container '')", name.Offset);
            case CelSelect select:
                return Select(select, scope);
            case CelIndex index:
                Node(index.Key, scope);
                var indexed = Node(index.Operand, scope);
                return index.Optional ? Known.Nothing : new Known(SchemaNodes.ItemsOf(indexed.Schema) ?? SchemaNodes.ValuesOf(indexed.Schema), null);
            case CelCall call:
                return Call(call, scope);
            case CelListNode list:
                foreach (var (item, _) in list.Items)
                {
                    Node(item, scope);
                }

                return new Known(null, "list");
            case CelMapNode map:
                foreach (var (key, value, _) in map.Entries)
                {
                    Node(key, scope);
                    Node(value, scope);
                }

                return new Known(null, "map");
            case CelMessage message:
                if (message.Type != "JSONPatch" && message.Type != "Object" && !message.Type.StartsWith("Object.", StringComparison.Ordinal))
                {
                    throw new CelSyntaxException($"undeclared reference to '{message.Type}' (in container '')", message.Offset);
                }

                foreach (var (_, value, _) in message.Fields)
                {
                    Node(value, scope);
                }

                return Known.Nothing;
            case CelConditional choice:
                Node(choice.Condition, scope);
                var yes = Node(choice.Yes, scope);
                var no = Node(choice.No, scope);
                return yes.Type is not null && yes.Type == no.Type ? yes : Known.Nothing;
            case CelLoop loop:
                return Loop(loop, scope);
            default:
                return Known.Nothing;
        }
    }

    private Known Select(CelSelect select, Dictionary<string, Known> scope)
    {
        var operand = Node(select.Operand, scope);
        if (operand.Type is "string" or "int" or "double" or "bool" or "list" or "uint")
        {
            throw new CelSyntaxException($"type '{operand.Type}' does not support field selection", select.Offset);
        }

        if (operand.Schema is { } schema && schema.Type is "object" or "" && !schema.XKubernetesIntOrString)
        {
            var property = schema.Properties.FirstOrDefault(p => p.Key == select.Field || SchemaValue.Escaped(p.Key) == select.Field).Value;
            var whole = schema.XKubernetesEmbeddedResource && SchemaNodes.IsObjectField(select.Field);
            if (property is null && !whole && schema.Type == "object" && !SchemaNodes.AllowsOthers(schema) && (schema.Properties.Count > 0 || !SchemaNodes.Preserves(schema)))
            {
                throw new CelSyntaxException($"undefined field '{select.Field}'", select.Offset);
            }

            return select.Test ? Known.Bool : select.Optional ? Known.Nothing : new Known(property ?? SchemaNodes.ValuesOf(schema), null);
        }

        return select.Test ? Known.Bool : Known.Nothing;
    }

    private Known Call(CelCall call, Dictionary<string, Known> scope)
    {
        foreach (var argument in call.Arguments)
        {
            Node(argument, scope);
        }

        var function = call.Function;
        if (call.Target is CelName space && !scope.ContainsKey(space.Name) && !known.Contains(space.Name))
        {
            function = space.Name + "." + call.Function;
        }
        else if (call.Target is not null)
        {
            Node(call.Target, scope);
        }

        if (!CelLibrary.Knows(function, call.Target is not null && function == call.Function))
        {
            throw new CelSyntaxException($"undeclared reference to '{function}' (in container '')", call.Offset);
        }

        return function switch
        {
            "==" or "!=" or "<" or "<=" or ">" or ">=" or "in" or "&&" or "||" or "!" or "startsWith" or "endsWith" or "contains" or "matches" => Known.Bool,
            "size" => new Known(null, "int"),
            "string" => new Known(null, "string"),
            _ => Known.Nothing,
        };
    }

    private Known Loop(CelLoop loop, Dictionary<string, Known> scope)
    {
        var range = Node(loop.Range, scope);
        var inner = new Dictionary<string, Known>(scope, StringComparer.Ordinal);
        var item = new Known(SchemaNodes.ItemsOf(range.Schema), null);
        inner[loop.First] = loop.Macro == "bind" ? range : loop.Second is null ? item : Known.Nothing;
        if (loop.Second is { } second)
        {
            inner[second] = new Known(SchemaNodes.ItemsOf(range.Schema) ?? SchemaNodes.ValuesOf(range.Schema), null);
        }

        if (loop.Filter is { } filter)
        {
            Node(filter, inner);
        }

        var body = Node(loop.Body, inner);
        return loop.Macro switch { "all" or "exists" or "exists_one" or "existsOne" => Known.Bool, "bind" => body, "filter" or "map" or "transformList" => new Known(null, "list"), _ => Known.Nothing };
    }
}
