namespace Kobune.ApiServer.Cel;

/// <summary>Tokens to a tree; macros are recognised here.</summary>
internal sealed class CelParser
{
    private const int MaxDepth = 200;
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
    };

    private static readonly HashSet<string> Loops = new(StringComparer.Ordinal)
    {
        "all", "exists", "exists_one", "existsOne", "map", "filter", "transformList", "transformMap", "optMap", "optFlatMap", "sortBy",
    };

    private readonly List<CelLexeme> tokens;
    private int at;
    private int depth;

    private CelParser(string source) => tokens = new CelLexer(source).Read();

    /// <exception cref="CelSyntaxException">Not an expression.</exception>
    public static CelNode Parse(string source)
    {
        var parser = new CelParser(source);
        var node = parser.Expression();
        return parser.Current.Kind == CelToken.End ? node : throw parser.Unexpected();
    }

    private CelLexeme Current => tokens[at];

    private bool Is(string op) => Current.Kind == CelToken.Operator && Current.Text == op;

    private bool Take(string op)
    {
        if (!Is(op))
        {
            return false;
        }

        at++;
        return true;
    }

    private void Need(string op)
    {
        if (!Take(op))
        {
            throw Unexpected();
        }
    }

    private CelSyntaxException Unexpected() =>
        new(Current.Kind == CelToken.End ? "Syntax error: mismatched input '<EOF>' expecting an expression" : $"Syntax error: extraneous input '{Current.Text}'", Current.Offset);

    private CelNode Expression()
    {
        if (++depth > MaxDepth)
        {
            throw new CelSyntaxException("expression recursion limit exceeded: " + MaxDepth, Current.Offset);
        }

        var condition = Or();
        if (Is("?"))
        {
            var offset = tokens[at++].Offset;
            var yes = Or();
            Need(":");
            condition = new CelConditional(condition, yes, Expression(), offset);
        }

        depth--;
        return condition;
    }

    private CelNode Or() => Binary(And, "||");

    private CelNode And() => Binary(Relation, "&&");

    private CelNode Relation()
    {
        var left = Addition();
        while (true)
        {
            var isIn = Current is { Kind: CelToken.Identifier, Text: "in" };
            if (!isIn && !(Current.Kind == CelToken.Operator && Current.Text is "==" or "!=" or "<" or "<=" or ">" or ">="))
            {
                return left;
            }

            var op = tokens[at++];
            left = new CelCall(op.Text, null, [left, Addition()], op.Offset);
        }
    }

    private CelNode Addition() => Binary(Multiplication, "+", "-");

    private CelNode Multiplication() => Binary(Unary, "*", "/", "%");

    private CelNode Binary(Func<CelNode> next, params ReadOnlySpan<string> operators)
    {
        var left = next();
        while (Current.Kind == CelToken.Operator && operators.Contains(Current.Text))
        {
            var op = tokens[at++];
            left = new CelCall(op.Text, null, [left, next()], op.Offset);
        }

        return left;
    }

    private CelNode Unary()
    {
        var offset = Current.Offset;
        if (Is("!"))
        {
            at++;
            return new CelCall("!", null, [Deeper()], offset);
        }

        if (Is("-"))
        {
            at++;
            if (Current.Kind == CelToken.Int)
            {
                var value = (ulong)tokens[at].Value!;
                tokens[at] = tokens[at] with { Value = value, Text = "-" };
                return Member();
            }

            if (Current.Kind == CelToken.Double)
            {
                tokens[at] = tokens[at] with { Value = -(double)tokens[at].Value! };
                return Member();
            }

            return new CelCall("-", null, [Deeper()], offset);
        }

        return Member();

        CelNode Deeper()
        {
            if (++depth > MaxDepth)
            {
                throw new CelSyntaxException("expression recursion limit exceeded: " + MaxDepth, Current.Offset);
            }

            var inner = Unary();
            depth--;
            return inner;
        }
    }

    private CelNode Member()
    {
        var node = Primary();
        while (true)
        {
            var offset = Current.Offset;
            if (Take("."))
            {
                var optional = Take("?");
                var field = Identifier();
                node = !optional && Is("(") ? Method(node, field, offset) : new CelSelect(node, field, false, optional, offset);
            }
            else if (Take("["))
            {
                var optional = Take("?");
                var key = Expression();
                Need("]");
                node = new CelIndex(node, key, optional, offset);
            }
            else if (Is("{") && TypeName(node) is { } type)
            {
                node = Message(type, offset);
            }
            else
            {
                return node;
            }
        }
    }

    private string Identifier()
    {
        if (Current.Kind != CelToken.Identifier)
        {
            throw Unexpected();
        }

        return tokens[at++].Text;
    }

    private static string? TypeName(CelNode node) => node switch
    {
        CelName name => name.Name,
        CelSelect { Test: false, Optional: false } select when TypeName(select.Operand) is { } parent => parent + "." + select.Field,
        _ => null,
    };

    private CelNode Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case CelToken.Int:
                at++;
                var magnitude = (ulong)token.Value!;
                if (token.Text == "-")
                {
                    return new CelLiteral(magnitude == 1UL << 63 ? long.MinValue : -(long)magnitude, token.Offset);
                }

                return magnitude <= long.MaxValue ? new CelLiteral((long)magnitude, token.Offset) : throw new CelSyntaxException("invalid int literal", token.Offset);
            case CelToken.UInt or CelToken.Double or CelToken.Text or CelToken.Bytes:
                at++;
                return new CelLiteral(token.Value, token.Offset);
            case CelToken.Identifier:
                return Named();
            case CelToken.Operator when Take("("):
                var inner = Expression();
                Need(")");
                return inner;
            case CelToken.Operator when Take("["):
                return List(token.Offset);
            case CelToken.Operator when Take("{"):
                return Map(token.Offset);
            case CelToken.Operator when token.Text == ".":
                at++;
                return Named();
            default:
                throw Unexpected();
        }
    }

    private CelNode Named()
    {
        var offset = Current.Offset;
        var name = Identifier();
        switch (name)
        {
            case "true": return new CelLiteral(true, offset);
            case "false": return new CelLiteral(false, offset);
            case "null": return new CelLiteral(null, offset);
        }

        if (name == "in" || Reserved.Contains(name))
        {
            throw new CelSyntaxException($"Syntax error: reserved identifier: {name}", offset);
        }

        if (!Is("("))
        {
            return new CelName(name, offset);
        }

        var arguments = Arguments();
        if (name != "has")
        {
            return new CelCall(name, null, arguments, offset);
        }

        return arguments is [CelSelect { Test: false } field]
            ? field with { Test = true }
            : throw new CelSyntaxException("invalid argument to has() macro", offset);
    }

    private List<CelNode> Arguments()
    {
        Need("(");
        var arguments = new List<CelNode>();
        while (!Take(")"))
        {
            if (arguments.Count > 0)
            {
                Need(",");
            }

            arguments.Add(Expression());
        }

        return arguments;
    }

    private CelNode Method(CelNode target, string name, int offset)
    {
        var arguments = Arguments();
        if (target is CelName { Name: "cel" } && name == "bind" && arguments is [CelName bound, var value, var result])
        {
            return new CelLoop("bind", value, bound.Name, null, null, result, offset);
        }

        if (!Loops.Contains(name) || arguments is not [CelName first, ..])
        {
            return new CelCall(name, target, arguments, offset);
        }

        return (name, arguments) switch
        {
            ("map", [_, var filter, var body]) => new CelLoop(name, target, first.Name, null, filter, body, offset),
            ("transformList" or "transformMap", [_, CelName second, var body]) => new CelLoop(name, target, first.Name, second.Name, null, body, offset),
            ("transformList" or "transformMap", [_, CelName second, var filter, var body]) => new CelLoop(name, target, first.Name, second.Name, filter, body, offset),
            ("all" or "exists" or "exists_one" or "existsOne", [_, CelName second, var body]) => new CelLoop(name, target, first.Name, second.Name, null, body, offset),
            (_, [_, var body]) => new CelLoop(name, target, first.Name, null, null, body, offset),
            _ => new CelCall(name, target, arguments, offset),
        };
    }

    private CelListNode List(int offset)
    {
        var items = new List<(CelNode, bool)>();
        while (!Take("]"))
        {
            if (items.Count > 0)
            {
                Need(",");
                if (Take("]"))
                {
                    break;
                }
            }

            var optional = Take("?");
            items.Add((Expression(), optional));
        }

        return new CelListNode(items, offset);
    }

    private CelMapNode Map(int offset)
    {
        var entries = new List<(CelNode, CelNode, bool)>();
        while (!Take("}"))
        {
            if (entries.Count > 0)
            {
                Need(",");
                if (Take("}"))
                {
                    break;
                }
            }

            var optional = Take("?");
            var key = Expression();
            Need(":");
            entries.Add((key, Expression(), optional));
        }

        return new CelMapNode(entries, offset);
    }

    private CelMessage Message(string type, int offset)
    {
        Need("{");
        var fields = new List<(string, CelNode, bool)>();
        while (!Take("}"))
        {
            if (fields.Count > 0)
            {
                Need(",");
                if (Take("}"))
                {
                    break;
                }
            }

            var optional = Take("?");
            var name = Current.Kind == CelToken.Text ? (string)tokens[at++].Value! : Identifier();
            Need(":");
            fields.Add((name, Expression(), optional));
        }

        return new CelMessage(type, fields, offset);
    }
}
