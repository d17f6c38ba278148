using Kobune.ApiServer.Cel.Library;

namespace Kobune.ApiServer.Cel;

/// <summary>Evaluates a tree (cel-spec, Runtime). || and &amp;&amp; and the macros built on them absorb errors that do not matter for the result.</summary>
internal sealed class CelEvaluator(CelBudget budget)
{
    public object? Evaluate(CelNode node, CelScope scope)
    {
        budget.Spend(1);
        return node switch
        {
            CelLiteral literal => literal.Value,
            CelName name => scope.TryGet(name.Name, out var value) ? value
                : CelLibrary.TypeNamed(name.Name) ?? throw new CelException($"undeclared reference to '{name.Name}'"),
            CelSelect select => Select(select, scope),
            CelIndex index => Index(index, scope),
            CelCall call => Call(call, scope),
            CelListNode list => List(list, scope),
            CelMapNode map => Map(map, scope),
            CelMessage message => Message(message, scope),
            CelConditional choice => Bool(Evaluate(choice.Condition, scope)) ? Evaluate(choice.Yes, scope) : Evaluate(choice.No, scope),
            CelLoop loop => Loop(loop, scope),
            _ => throw new CelException("unexpected expression"),
        };
    }

    private static bool Bool(object? value) => value is bool b ? b : throw new CelException("no such overload");

    private object? Select(CelSelect select, CelScope scope)
    {
        // A qualified name may be a variable of its own.
        if (select is { Test: false, Optional: false } && Qualified(select) is { } name && scope.TryGet(name, out var qualified))
        {
            return qualified;
        }

        var operand = Evaluate(select.Operand, scope);
        if (operand is CelOptional optional)
        {
            if (!optional.HasValue)
            {
                return select.Test ? false : CelOptional.None;
            }

            return Field(optional.Value, select.Field, out var inner) ? select.Test ? true : CelOptional.Of(inner) : select.Test ? false : CelOptional.None;
        }

        var found = Field(operand, select.Field, out var value);
        if (select.Test)
        {
            return found;
        }

        if (select.Optional)
        {
            return found ? CelOptional.Of(value) : CelOptional.None;
        }

        return found ? value : throw new CelException(operand is ICelMap ? $"no such key: {select.Field}" : "no such overload");
    }

    private static string? Qualified(CelNode node) => node switch
    {
        CelName name => name.Name,
        CelSelect { Test: false, Optional: false } select when Qualified(select.Operand) is { } parent => parent + "." + select.Field,
        _ => null,
    };

    private static bool Field(object? operand, string field, out object? value)
    {
        value = null;
        return operand is ICelMap map ? map.TryGet(field, out value) : throw new CelException($"unsupported selection of '{field}' from {CelTypes.NameOf(operand)}");
    }

    private object? Index(CelIndex index, CelScope scope)
    {
        var operand = Evaluate(index.Operand, scope);
        var key = Evaluate(index.Key, scope);
        var optional = index.Optional;
        if (operand is CelOptional o)
        {
            if (!o.HasValue)
            {
                return CelOptional.None;
            }

            optional = true;
            operand = o.Value;
        }

        switch (operand)
        {
            case ICelList list:
                var at = key switch { long n => n, ulong u when u <= long.MaxValue => (long)u, double d when d == Math.Floor(d) => (long)d, _ => throw new CelException("unsupported index type in list") };
                if (at >= 0 && at < list.Count)
                {
                    return optional ? CelOptional.Of(list[(int)at]) : list[(int)at];
                }

                return optional ? CelOptional.None : throw new CelException($"index out of bounds: {at}");
            case ICelMap map:
                if (key is not null && map.TryGet(key, out var value))
                {
                    return optional ? CelOptional.Of(value) : value;
                }

                return optional ? CelOptional.None : throw new CelException($"no such key: {CelText.Of(key)}");
            default:
                throw new CelException("no such overload");
        }
    }

    private object? Call(CelCall call, CelScope scope)
    {
        switch (call.Function)
        {
            case "&&": return Logic(call, scope, stop: false);
            case "||": return Logic(call, scope, stop: true);
        }

        if (call.Target is CelName space && !scope.TryGet(space.Name, out _))
        {
            return CelLibrary.Call(space.Name + "." + call.Function, null, Arguments(call, scope), scope, budget);
        }

        if (call.Function is "or" or "orValue" && call.Target is not null && Evaluate(call.Target, scope) is CelOptional optional)
        {
            return call.Function == "or"
                ? optional.HasValue ? optional : Evaluate(call.Arguments[0], scope)
                : optional.HasValue ? optional.Value : Evaluate(call.Arguments[0], scope);
        }

        return CelLibrary.Call(call.Function, call.Target is null ? null : Box.Of(Evaluate(call.Target, scope)), Arguments(call, scope), scope, budget);
    }

    private object?[] Arguments(CelCall call, CelScope scope)
    {
        var result = new object?[call.Arguments.Count];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = Evaluate(call.Arguments[i], scope);
        }

        return result;
    }

    private bool Logic(CelCall call, CelScope scope, bool stop)
    {
        CelException? failure = null;
        foreach (var side in call.Arguments)
        {
            try
            {
                if (Bool(Evaluate(side, scope)) == stop)
                {
                    return stop;
                }
            }
            catch (CelException e)
            {
                failure ??= e;
            }
        }

        return failure is null ? !stop : throw failure;
    }

    private CelItems List(CelListNode list, CelScope scope)
    {
        var items = new List<object?>(list.Items.Count);
        foreach (var (item, optional) in list.Items)
        {
            var value = Evaluate(item, scope);
            if (!optional)
            {
                items.Add(value);
            }
            else if (value is CelOptional { HasValue: true } some)
            {
                items.Add(some.Value);
            }
        }

        return new CelItems(items);
    }

    private CelEntries Map(CelMapNode map, CelScope scope)
    {
        var entries = new Dictionary<object, object?>();
        foreach (var (keyNode, valueNode, optional) in map.Entries)
        {
            var key = Evaluate(keyNode, scope) ?? throw new CelException("unsupported key type: null_type");
            Put(entries, key, Evaluate(valueNode, scope), optional);
        }

        return new CelEntries(entries);
    }

    private CelEntries Message(CelMessage message, CelScope scope)
    {
        var entries = new Dictionary<object, object?>();
        foreach (var (field, valueNode, optional) in message.Fields)
        {
            Put(entries, field, Evaluate(valueNode, scope), optional);
        }

        return new CelEntries(entries);
    }

    private static void Put(Dictionary<object, object?> entries, object key, object? value, bool optional)
    {
        if (optional)
        {
            if (value is not CelOptional { HasValue: true } some)
            {
                return;
            }

            value = some.Value;
        }

        if (!entries.TryAdd(key, value))
        {
            throw new CelException($"duplicate key in map: {CelText.Of(key)}");
        }
    }

    private object? Loop(CelLoop loop, CelScope scope)
    {
        var range = Evaluate(loop.Range, scope);
        switch (loop.Macro)
        {
            case "bind":
                return Evaluate(loop.Body, scope.With(loop.First, range));
            case "optMap" or "optFlatMap":
                if (range is not CelOptional optional)
                {
                    throw new CelException("no such overload");
                }

                if (!optional.HasValue)
                {
                    return optional;
                }

                var made = Evaluate(loop.Body, scope.With(loop.First, optional.Value));
                return loop.Macro == "optMap" ? CelOptional.Of(made) : made;
            default:
                return new CelLoops(this, budget).Run(loop, range, scope);
        }
    }
}

/// <summary>A call's target, which may itself be null.</summary>
internal sealed record Box(object? Value)
{
    public static Box Of(object? value) => new(value);
}
