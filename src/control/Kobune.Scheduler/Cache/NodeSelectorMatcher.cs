using System.Globalization;
using Kobune.Api.Core.V1;

namespace Kobune.Scheduler.Cache;

/// <summary>nodeSelector and node affinity terms made ready for many matches.</summary>
internal sealed class NodeSelectorMatcher
{
    private readonly KeyValuePair<string, string>[] _labels;
    private readonly Term[]? _terms;

    private NodeSelectorMatcher(KeyValuePair<string, string>[] labels, Term[]? terms) => (_labels, _terms) = (labels, terms);

    /// <summary>What the Pod requires of its node; null when it requires nothing.</summary>
    public static NodeSelectorMatcher? Required(Pod pod)
    {
        var required = pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        return pod.Spec.NodeSelector.Count == 0 && required is null
            ? null
            : new NodeSelectorMatcher([.. pod.Spec.NodeSelector], required is null ? null : [.. required.NodeSelectorTerms.Select(t => new Term(t))]);
    }

    /// <summary>A single term, as preferences have.</summary>
    public static NodeSelectorMatcher Of(NodeSelectorTerm term) => new([], [new Term(term)]);

    /// <summary>
    /// The nodes named by metadata.name, when every term names some: then no other node needs a look (Pods of DaemonSets).
    /// </summary>
    public IReadOnlySet<string>? OnlyNodes()
    {
        if (_terms is null)
        {
            return null;
        }

        var names = new HashSet<string>();
        foreach (var term in _terms)
        {
            if (term.Names is not { } some)
            {
                return null;
            }

            names.UnionWith(some);
        }

        return names;
    }

    public bool Matches(Node node)
    {
        var labels = node.Metadata.Labels;
        foreach (var (key, value) in _labels)
        {
            if (!labels.TryGetValue(key, out var actual) || actual != value)
            {
                return false;
            }
        }

        return _terms is null || Array.Exists(_terms, t => t.Matches(node));
    }

    private sealed class Term
    {
        private readonly Requirement[] _requirements;

        public Term(NodeSelectorTerm term)
        {
            _requirements =
            [
                .. term.MatchExpressions.Select(e => new Requirement(e.Key, e.Operator, [.. e.Values], false)),
                .. term.MatchFields.Select(e => new Requirement(e.Key, e.Operator, [.. e.Values], true)),
            ];
            Names = _requirements.FirstOrDefault(r => r is { IsField: true, Key: "metadata.name", Operator: "In" }).Values;
        }

        public string[]? Names { get; }

        // A term without requirements matches no node.
        public bool Matches(Node node) => _requirements.Length > 0 && Array.TrueForAll(_requirements, r => r.Matches(node));
    }

    private readonly record struct Requirement(string Key, string Operator, string[] Values, bool IsField)
    {
        public bool Matches(Node node)
        {
            string? value;
            bool has;
            if (IsField)
            {
                (value, has) = (node.Metadata.Name, Key == "metadata.name");
            }
            else
            {
                has = node.Metadata.Labels.TryGetValue(Key, out value);
            }

            return Operator switch
            {
                "In" => has && Array.IndexOf(Values, value) >= 0,
                "NotIn" => !has || Array.IndexOf(Values, value) < 0,
                "Exists" => has,
                "DoesNotExist" => !has,
                "Gt" => Compare(value) > 0,
                "Lt" => Compare(value) < 0,
                _ => false,
            };
        }

        private int? Compare(string? value) =>
            long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var a)
            && Values.Length == 1 && long.TryParse(Values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var b)
                ? a.CompareTo(b)
                : null;
    }
}
