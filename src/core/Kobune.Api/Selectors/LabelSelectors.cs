namespace Kobune.Api;

using Kobune.Api.Meta.V1;

/// <summary>Compiles label selectors from the query syntax, from LabelSelector objects, and from plain maps.</summary>
public static class LabelSelectors
{
    public static ISelector Everything { get; } = new Selector([]);

    public static ISelector Nothing { get; } = new NoSelector();

    /// <summary>Parses <c>a=b,c!=d,e in (f,g),h notin (i),j,!k,l&gt;1</c>.</summary>
    /// <exception cref="FormatException">worded as the reference words it</exception>
    public static ISelector Parse(string? text) => string.IsNullOrWhiteSpace(text) ? Everything : new Selector(new LabelSelectorParser(text).Parse());

    /// <summary>A null selector selects nothing, an empty one everything.</summary>
    /// <exception cref="FormatException">an unknown operator, or values that do not fit it</exception>
    public static ISelector From(LabelSelector? selector)
    {
        if (selector == null)
        {
            return Nothing;
        }

        var list = selector.MatchLabels.Select(l => new LabelRequirement(l.Key, LabelOperator.Equal, [l.Value])).ToList();
        foreach (var e in selector.MatchExpressions)
        {
            var op = e.Operator switch
            {
                "In" => LabelOperator.In,
                "NotIn" => LabelOperator.NotIn,
                "Exists" => LabelOperator.Exists,
                "DoesNotExist" => LabelOperator.DoesNotExist,
                _ => throw new FormatException($"\"{e.Operator}\" is not a valid label selector operator"),
            };
            list.Add(LabelSyntax.Checked(e.Key, op, [.. e.Values]));
        }

        return list.Count == 0 ? Everything : new Selector(list);
    }

    /// <summary>Selects what carries all these labels; an empty map selects everything.</summary>
    public static ISelector FromMap(IReadOnlyDictionary<string, string> labels) =>
        labels.Count == 0 ? Everything : new Selector([.. labels.Select(l => new LabelRequirement(l.Key, LabelOperator.Equal, [l.Value]))]);

    /// <summary>Node selectors and the like: any list of requirements, all of which must hold.</summary>
    public static ISelector Of(IEnumerable<LabelRequirement> requirements) => new Selector([.. requirements]);

    /// <summary>The query syntax of a LabelSelector object.</summary>
    public static string Format(LabelSelector? selector) => From(selector).ToString() ?? "";

    private sealed class Selector(List<LabelRequirement> requirements) : ISelector
    {
        public bool IsEmpty => requirements.Count == 0;

        public bool Matches(IReadOnlyDictionary<string, string> labels)
        {
            foreach (var requirement in requirements)
            {
                if (!requirement.Matches(labels))
                {
                    return false;
                }
            }

            return true;
        }

        public override string ToString() => string.Join(",", requirements.OrderBy(r => r.Key, StringComparer.Ordinal));
    }

    private sealed class NoSelector : ISelector
    {
        public bool IsEmpty => false;

        public bool Matches(IReadOnlyDictionary<string, string> labels) => false;

        public override string ToString() => "";
    }
}
