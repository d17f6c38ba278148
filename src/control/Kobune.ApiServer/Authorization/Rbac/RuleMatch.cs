using Kobune.Api.Rbac.V1;

namespace Kobune.ApiServer.Authorization.Rbac;

/// <summary>Whether a rule covers a request, or another rule (for escalation checks).</summary>
internal static class RuleMatch
{
    private const string All = "*";

    public static bool Allows(PolicyRule rule, RequestAttributes request)
    {
        if (!Has(rule.Verbs, request.Verb))
        {
            return false;
        }
        return request.IsResourceRequest
            ? Has(rule.ApiGroups, request.ApiGroup)
                && HasResource(rule.Resources, request.Resource, request.Subresource)
                && (rule.ResourceNames.Count == 0 || rule.ResourceNames.Contains(request.Name))
            : HasPath(rule.NonResourceURLs, request.Path);
    }

    /// <summary>Whether everything that <paramref name="wanted"/> allows is allowed by some of the rules together.</summary>
    public static bool Covers(IReadOnlyList<PolicyRule> rules, PolicyRule wanted) => Split(wanted).All(one => rules.Any(r => CoversOne(r, one)));

    private static bool CoversOne(PolicyRule rule, PolicyRule one)
    {
        if (!one.Verbs.All(v => Has(rule.Verbs, v)))
        {
            return false;
        }
        if (one.NonResourceURLs.Count > 0)
        {
            return one.NonResourceURLs.All(u => HasPath(rule.NonResourceURLs, u));
        }
        return one.ApiGroups.All(g => Has(rule.ApiGroups, g))
            && one.Resources.All(r => CoversResource(rule.Resources, r))
            && (rule.ResourceNames.Count == 0 || one.ResourceNames.Count > 0 && one.ResourceNames.All(rule.ResourceNames.Contains));
    }

    // One verb, one group, one resource, one name each: so that several rules together can cover a wide one.
    private static IEnumerable<PolicyRule> Split(PolicyRule rule)
    {
        foreach (var verb in rule.Verbs)
        {
            foreach (var url in rule.NonResourceURLs)
            {
                yield return new PolicyRule { Verbs = [verb], NonResourceURLs = [url] };
            }
            foreach (var group in rule.ApiGroups)
            {
                foreach (var resource in rule.Resources)
                {
                    foreach (var name in rule.ResourceNames.Count == 0 ? [""] : rule.ResourceNames)
                    {
                        yield return new PolicyRule { Verbs = [verb], ApiGroups = [group], Resources = [resource], ResourceNames = name.Length == 0 ? [] : [name] };
                    }
                }
            }
        }
    }

    private static bool Has(List<string> list, string value)
    {
        foreach (var item in list)
        {
            if (item == All || item == value)
            {
                return true;
            }
        }
        return false;
    }

    private static bool HasResource(List<string> list, string resource, string subresource)
    {
        foreach (var item in list)
        {
            if (item == All)
            {
                return true;
            }
            if (subresource.Length == 0 ? item == resource : Matches(item, resource, subresource))
            {
                return true;
            }
        }
        return false;

        // "pods/log" names one subresource of one resource, "*/scale" one subresource of all.
        static bool Matches(string item, string resource, string subresource)
        {
            var slash = item.IndexOf('/');
            return slash > 0
                && item.AsSpan(slash + 1).SequenceEqual(subresource)
                && (item.AsSpan(0, slash) is "*" || item.AsSpan(0, slash).SequenceEqual(resource));
        }
    }

    private static bool CoversResource(List<string> list, string wanted)
    {
        var slash = wanted.IndexOf('/');
        return slash < 0 ? Has(list, wanted) : HasResource(list, wanted[..slash], wanted[(slash + 1)..]);
    }

    private static bool HasPath(List<string> patterns, string path)
    {
        foreach (var pattern in patterns)
        {
            if (pattern == All || pattern == path || pattern.EndsWith('*') && path.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1)))
            {
                return true;
            }
        }
        return false;
    }
}
