using Kobune.Api.Rbac.V1;
using Kobune.ApiServer.Authorization.Rbac;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>What of a rule somebody does not hold, in upstream's notation: one line per group, resource and name, with the verbs.</summary>
internal static class MissingRules
{
    public static IEnumerable<string> Of(IReadOnlyList<PolicyRule> held, PolicyRule wanted)
    {
        foreach (var url in wanted.NonResourceURLs)
        {
            var verbs = Missing(held, wanted.Verbs, v => new PolicyRule { Verbs = [v], NonResourceURLs = [url] });
            if (verbs.Count > 0)
            {
                yield return $"{{NonResourceURLs:{List([url])}, Verbs:{List(verbs)}}}";
            }
        }

        foreach (var group in wanted.ApiGroups)
        {
            foreach (var resource in wanted.Resources)
            {
                foreach (var name in wanted.ResourceNames.DefaultIfEmpty(""))
                {
                    List<string> names = name.Length == 0 ? [] : [name];
                    var verbs = Missing(held, wanted.Verbs, v => new PolicyRule { Verbs = [v], ApiGroups = [group], Resources = [resource], ResourceNames = names });
                    if (verbs.Count > 0)
                    {
                        yield return $"{{APIGroups:{List([group])}, Resources:{List([resource])}{(names.Count == 0 ? "" : $", ResourceNames:{List(names)}")}, Verbs:{List(verbs)}}}";
                    }
                }
            }
        }
    }

    private static List<string> Missing(IReadOnlyList<PolicyRule> held, List<string> verbs, Func<string, PolicyRule> one) =>
        [.. verbs.Where(v => !RuleMatch.Covers(held, one(v)))];

    private static string List(IEnumerable<string> values) => $"[{string.Join(" ", values.Select(v => $"\"{v}\""))}]";
}
