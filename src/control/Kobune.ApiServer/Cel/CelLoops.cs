namespace Kobune.ApiServer.Cel;

/// <summary>The macros over lists and maps.</summary>
internal sealed class CelLoops(CelEvaluator evaluator, CelBudget budget)
{
    public object? Run(CelLoop loop, object? range, CelScope scope)
    {
        var rounds = Rounds(loop, range, scope);
        return loop.Macro switch
        {
            "all" => Quantifier(loop, rounds, stop: false),
            "exists" => Quantifier(loop, rounds, stop: true),
            "exists_one" or "existsOne" => rounds.Count(r => Holds(loop.Body, r.Scope)) == 1,
            "filter" => new CelItems([.. rounds.Where(r => Holds(loop.Body, r.Scope)).Select(r => r.Item)]),
            "map" or "transformList" => new CelItems([.. rounds.Where(r => loop.Filter is null || Holds(loop.Filter, r.Scope)).Select(r => evaluator.Evaluate(loop.Body, r.Scope))]),
            "transformMap" => Transformed(loop, rounds),
            "sortBy" => new CelItems([.. rounds.Select(r => (r.Item, Key: evaluator.Evaluate(loop.Body, r.Scope))).OrderBy(r => r.Key, Comparer<object?>.Create(Ordered)).Select(r => r.Item)]),
            _ => throw new CelException("no such overload"),
        };
    }

    private readonly record struct Round(object? Key, object? Item, CelScope Scope);

    private IEnumerable<Round> Rounds(CelLoop loop, object? range, CelScope scope)
    {
        switch (range)
        {
            case ICelList list:
                for (var i = 0; i < list.Count; i++)
                {
                    budget.Spend(1);
                    var item = list[i];
                    yield return loop.Second is { } second
                        ? new Round((long)i, item, scope.With(loop.First, (long)i).With(second, item))
                        : new Round(item, item, scope.With(loop.First, item));
                }

                break;
            case ICelMap map:
                foreach (var key in map.Keys)
                {
                    budget.Spend(1);
                    map.TryGet(key, out var value);
                    yield return loop.Second is { } second
                        ? new Round(key, value, scope.With(loop.First, key).With(second, value))
                        : new Round(key, key, scope.With(loop.First, key));
                }

                break;
            default:
                throw new CelException($"expression of type '{CelTypes.NameOf(range)}' cannot be range of a comprehension (must be list, map, or dynamic)");
        }
    }

    private bool Holds(CelNode node, CelScope scope) => evaluator.Evaluate(node, scope) is bool b ? b : throw new CelException("no such overload");

    private bool Quantifier(CelLoop loop, IEnumerable<Round> rounds, bool stop)
    {
        CelException? failure = null;
        foreach (var round in rounds)
        {
            try
            {
                if (Holds(loop.Body, round.Scope) == stop)
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

    private CelEntries Transformed(CelLoop loop, IEnumerable<Round> rounds)
    {
        var entries = new Dictionary<object, object?>();
        foreach (var round in rounds)
        {
            if (loop.Filter is null || Holds(loop.Filter, round.Scope))
            {
                entries[round.Key!] = evaluator.Evaluate(loop.Body, round.Scope);
            }
        }

        return new CelEntries(entries);
    }

    private static int Ordered(object? a, object? b) =>
        a is not null && b is not null && CelCompare.Order(a, b) is { } order ? order : throw new CelException("no such overload");
}
