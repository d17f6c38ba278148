using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Scheduler.Cache;

/// <summary>One term of Pod affinity or anti-affinity made ready for many matches.</summary>
internal sealed class PodTerm(PodAffinityTerm term, Pod owner, int weight)
{
    private readonly ISelector _selector = LabelSelectors.From(term.LabelSelector);
    private readonly HashSet<string> _namespaces = term.Namespaces.Count == 0 && term.NamespaceSelector is null ? [owner.Metadata.Namespace] : [.. term.Namespaces];
    private readonly ISelector? _namespaceSelector = term.NamespaceSelector is null ? null : LabelSelectors.From(term.NamespaceSelector);

    public string TopologyKey => term.TopologyKey;

    /// <summary>The same for terms that match the same Pods over the same topology with the same weight.</summary>
    public string Signature { get; } = string.Join('\n', term.TopologyKey, weight, LabelSelectors.Format(term.LabelSelector),
        term.Namespaces.Count == 0 && term.NamespaceSelector is null ? owner.Metadata.Namespace : string.Join(',', term.Namespaces.Order(StringComparer.Ordinal)),
        term.NamespaceSelector is null ? "-" : LabelSelectors.Format(term.NamespaceSelector), term.LabelSelector is null ? "none" : "");

    /// <summary>Of a preference: positive for affinity, negative for anti-affinity.</summary>
    public int Weight => weight;

    public bool Matches(Pod pod, Func<string, IReadOnlyDictionary<string, string>> namespaceLabels) =>
        (_namespaces.Contains(pod.Metadata.Namespace) || (_namespaceSelector is { } selector && selector.Matches(namespaceLabels(pod.Metadata.Namespace))))
        && _selector.Matches(pod.Metadata.Labels);
}

/// <summary>All affinity terms of a Pod.</summary>
internal sealed class PodTerms
{
    private PodTerms(Pod pod)
    {
        var affinity = pod.Spec.Affinity!;
        Required = [.. (affinity.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? []).Select(t => new PodTerm(t, pod, 0))];
        RequiredAnti = [.. (affinity.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? []).Select(t => new PodTerm(t, pod, 0))];
        Preferred =
        [
            .. (affinity.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Select(t => new PodTerm(t.PodAffinityTerm, pod, t.Weight)),
            .. (affinity.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Select(t => new PodTerm(t.PodAffinityTerm, pod, -t.Weight)),
        ];
    }

    public PodTerm[] Required { get; }
    public PodTerm[] RequiredAnti { get; }
    public PodTerm[] Preferred { get; }

    /// <summary>Null when the Pod has none.</summary>
    public static PodTerms? Of(Pod pod) => pod.Spec.Affinity is { PodAffinity: null, PodAntiAffinity: null } or null ? null : new PodTerms(pod);
}
