using Kobune.Api.FlowControl.V1;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authorization;

namespace Kobune.ApiServer.FlowControl;

/// <summary>Whether a request is one that a schema means.</summary>
internal static class FlowMatch
{
    private const string AccountPrefix = "system:serviceaccount:";

    public static bool Matches(FlowSchema schema, RequestAttributes request)
    {
        foreach (var rule in schema.Spec.Rules)
        {
            if (rule.Subjects.Exists(s => IsMeant(s, request.User)) && (request.IsResourceRequest ? Resource(rule, request) : Path(rule, request)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What tells the flows of a schema apart: the user, the namespace or nothing.</summary>
    public static string Distinguish(FlowSchema schema, RequestAttributes request) => schema.Spec.DistinguisherMethod?.Type switch
    {
        "ByUser" => request.User.Name,
        "ByNamespace" => request.Namespace,
        _ => "",
    };

    private static bool IsMeant(Subject subject, UserInfo user) => subject.Kind switch
    {
        "User" => subject.User is { } u && (u.Name == "*" || u.Name == user.Name),
        "Group" => subject.Group is { } g && (g.Name == "*" || user.Groups.Contains(g.Name)),
        "ServiceAccount" => subject.ServiceAccount is { } account && IsAccount(account, user.Name),
        _ => false,
    };

    private static bool IsAccount(ServiceAccountSubject account, string user)
    {
        if (!user.StartsWith(AccountPrefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = user.AsSpan(AccountPrefix.Length);
        var colon = rest.IndexOf(':');
        return colon >= 0 && rest[..colon].SequenceEqual(account.Namespace) && (account.Name == "*" || rest[(colon + 1)..].SequenceEqual(account.Name));
    }

    private static bool Resource(PolicyRulesWithSubjects rule, RequestAttributes request)
    {
        var resource = request.Subresource.Length == 0 ? request.Resource : request.Resource + "/" + request.Subresource;
        foreach (var r in rule.ResourceRules)
        {
            if (Has(r.Verbs, request.Verb) && Has(r.ApiGroups, request.ApiGroup) && Has(r.Resources, resource)
                && (request.Namespace.Length == 0 ? r.ClusterScope : Has(r.Namespaces, request.Namespace)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Path(PolicyRulesWithSubjects rule, RequestAttributes request) =>
        rule.NonResourceRules.Exists(r => Has(r.Verbs, request.Verb) && r.NonResourceURLs.Exists(u => u == "*" || u == request.Path
            || (u.EndsWith("/*", StringComparison.Ordinal) && request.Path.StartsWith(u.AsSpan(0, u.Length - 1), StringComparison.Ordinal))));

    private static bool Has(List<string> list, string value) => list.Contains(value) || list.Contains("*");
}
