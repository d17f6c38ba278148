using Kobune.Api;
using Kobune.Api.AdmissionRegistration.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.Admission.Dynamic;

/// <summary>Which requests a webhook or policy is about.</summary>
internal sealed record MatchRule(List<string> Operations, List<string> Groups, List<string> Versions, List<string> Resources, string? Scope, List<string> Names)
{
    public static MatchRule Of(RuleWithOperations rule) => new(rule.Operations, rule.ApiGroups, rule.ApiVersions, rule.Resources, rule.Scope, []);

    public static MatchRule Of(NamedRuleWithOperations rule) => new(rule.Operations, rule.ApiGroups, rule.ApiVersions, rule.Resources, rule.Scope, rule.ResourceNames);
}

/// <param name="Excluded">Rules that take requests out again; policies have them.</param>
internal sealed record MatchCriteria(IReadOnlyList<MatchRule> Rules, IReadOnlyList<MatchRule> Excluded, bool Equivalent, LabelSelector? Namespaces, LabelSelector? Objects)
{
    public static MatchCriteria? Of(MatchResources? match) => match is null ? null : new(
        [.. match.ResourceRules.Select(MatchRule.Of)], [.. match.ExcludeResourceRules.Select(MatchRule.Of)], match.MatchPolicy != "Exact", match.NamespaceSelector, match.ObjectSelector);
}

/// <summary>Rules and selectors of webhooks and policies against a request.</summary>
internal sealed class RequestMatcher(ApiServerServices services)
{
    /// <summary>The kinds that decide about admission are never subject to it: nobody must be able to lock himself out.</summary>
    public static bool IsExempt(AdmissionContext context) => context.Resource.Group == "admissionregistration.k8s.io";

    /// <summary>The resource, in the version that the rules name, or null when they do not mean this request.</summary>
    /// <param name="anyRule">No rules at all mean every request (bindings of policies).</param>
    public async ValueTask<ServedResource?> MatchAsync(AdmissionContext context, MatchCriteria criteria, bool anyRule, CancellationToken cancellationToken)
    {
        var matched = ByRules(context, criteria, anyRule);
        return matched is not null && Objects(context, criteria.Objects) && await NamespacesAsync(context, criteria.Namespaces, cancellationToken).ConfigureAwait(false) ? matched : null;
    }

    private static ServedResource? ByRules(AdmissionContext context, MatchCriteria criteria, bool anyRule)
    {
        var asked = context.Served!;
        if (criteria.Excluded.Any(r => Matches(r, context, asked.Info)) || (criteria.Equivalent && context.Equivalents.Any(e => criteria.Excluded.Any(r => Matches(r, context, e.Info)))))
        {
            return null;
        }

        if ((anyRule && criteria.Rules.Count == 0) || criteria.Rules.Any(r => Matches(r, context, asked.Info)))
        {
            return asked;
        }

        return criteria.Equivalent ? context.Equivalents.FirstOrDefault(e => criteria.Rules.Any(r => Matches(r, context, e.Info))) : null;
    }

    private static bool Matches(MatchRule rule, AdmissionContext context, ResourceInfo resource) =>
        Has(rule.Operations, context.Operation.ToString().ToUpperInvariant())
        && Has(rule.Groups, resource.Group)
        && Has(rule.Versions, resource.Version)
        && rule.Resources.Exists(r => Resource(r, resource.Plural, context.Subresource))
        && rule.Scope switch
        {
            "Namespaced" => context.Namespace.Length > 0 && !IsNamespace(context),
            "Cluster" => context.Namespace.Length == 0 || IsNamespace(context),
            _ => true,
        }
        && (rule.Names.Count == 0 || rule.Names.Contains(context.Name));

    private static bool Has(List<string> values, string value) => values.Contains("*") || values.Contains(value);

    /// <summary>"*", "*/*", "pods", "pods/*", "*/status", "pods/status".</summary>
    private static bool Resource(string pattern, string plural, string subresource)
    {
        var slash = pattern.IndexOf('/');
        var name = slash < 0 ? pattern : pattern[..slash];
        var sub = slash < 0 ? "" : pattern[(slash + 1)..];
        return (name == "*" || name == plural) && (sub == subresource || sub == "*");
    }

    private static bool IsNamespace(AdmissionContext context) => context.Resource is { Plural: "namespaces", Group: "" };

    private static bool Objects(AdmissionContext context, LabelSelector? selector)
    {
        if (selector is null || LabelSelectors.From(selector).IsEmpty)
        {
            return true;
        }

        var compiled = LabelSelectors.From(selector);
        return (context.Object is { } obj && compiled.Matches(obj.Metadata.Labels)) || (context.OldObject is { } old && compiled.Matches(old.Metadata.Labels));
    }

    private async ValueTask<bool> NamespacesAsync(AdmissionContext context, LabelSelector? selector, CancellationToken cancellationToken)
    {
        if (selector is null || LabelSelectors.From(selector).IsEmpty)
        {
            return true;
        }

        var compiled = LabelSelectors.From(selector);
        if (IsNamespace(context) && context.Subresource.Length == 0)
        {
            return compiled.Matches((context.Object ?? context.OldObject)?.Metadata.Labels ?? []);
        }

        if (context.Namespace.Length == 0)
        {
            return true;
        }

        var ns = await NamespaceAsync(context.Namespace, cancellationToken).ConfigureAwait(false);
        return compiled.Matches(ns.Metadata.Labels);
    }

    /// <exception cref="KubeStatusException">404</exception>
    public async ValueTask<Namespace> NamespaceAsync(string name, CancellationToken cancellationToken) =>
        await services.Objects.FindAsync(ResourceInfo.Of<Namespace>(), null, name, true, cancellationToken).ConfigureAwait(false) as Namespace
            ?? throw StatusErrors.NotFound(ResourceInfo.Of<Namespace>(), name);

    /// <summary>An object of the request as the matched version shows it.</summary>
    public static KubeObject? Show(AdmissionContext context, ServedResource presented, KubeObject? obj) =>
        obj is not null && presented is { Converter: { } converter, Custom: null or { Conversion.IsWebhook: false } } && context.Subresource is "" or "status" ? converter.FromStorage(obj) : obj;

    /// <summary>What has become of a shown object, in the version that the registry works with, complete again.</summary>
    /// <exception cref="KubeStatusException">500: the JSON is not the kind's.</exception>
    public static KubeObject TakeBack(AdmissionContext context, ServedResource presented, KubeObject shown, ReadOnlySpan<byte> json)
    {
        var read = KubeJson.Read(shown.Resource, json);
        if (shown is DynamicObject && presented.Custom is { } custom && context.Subresource is "" or "status")
        {
            custom.Shape((DynamicObject)read, null);
        }

        if (context.Subresource is not ("" or "status"))
        {
            return read;
        }

        var stored = presented is { Converter: { } converter, Custom: null or { Conversion.IsWebhook: false } } ? converter.ToStorage(read) : read;
        presented.Hooks.Default(stored);
        return stored;
    }
}
