using System.Text.Json.Nodes;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs.Create;

/// <summary>kubectl create role, clusterrole, rolebinding and clusterrolebinding.</summary>
internal static class CreateRbac
{
    private const string Api = "rbac.authorization.k8s.io/v1";

    private static readonly IReadOnlyList<Flag> RuleFlags =
    [
        Flag.List("resource", "Resources that the rule is about: pods, deployments.apps, pods/log."),
        Flag.Array("resource-name", "Names of objects that the rule is about."),
        Flag.List("verb", "Verbs that the rule allows: get, list, watch …"),
        .. CreateVerb.CommonFlags,
    ];

    private static readonly IReadOnlyList<Flag> SubjectFlags =
    [
        Flag.Text("clusterrole", "The cluster role."), Flag.Array("group", "Group to bind."),
        Flag.Array("serviceaccount", "Service account to bind, as <namespace>:<name>."), Flag.Array("user", "User to bind."), .. CreateVerb.CommonFlags,
    ];

    public static readonly IReadOnlyList<Command> Commands =
    [
        new("clusterrole", "Create a cluster role")
        {
            Usage = "NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]",
            Examples = "# May read pods everywhere\nkubectl create clusterrole pod-reader --verb=get,list,watch --resource=pods",
            Flags = [Flag.List("non-resource-url", "Paths that the rule is about."), Flag.Text("aggregation-rule", "Labels of roles to gather: key=value, comma-separated."), .. RuleFlags],
            Run = i => RoleAsync(i, "ClusterRole"),
        },
        new("clusterrolebinding", "Create a cluster role binding for a particular cluster role")
        {
            Usage = "NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
            Examples = "# Give a user everything\nkubectl create clusterrolebinding admins --clusterrole=cluster-admin --user=anna",
            Flags = SubjectFlags,
            Run = i => BindingAsync(i, "ClusterRoleBinding"),
        },
        new("role", "Create a role with single rule")
        {
            Usage = "NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]",
            Examples = "# May read pods in this namespace\nkubectl create role pod-reader --verb=get,list,watch --resource=pods",
            Flags = RuleFlags,
            Run = i => RoleAsync(i, "Role"),
        },
        new("rolebinding", "Create a role binding for a particular role or cluster role")
        {
            Usage = "NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
            Examples = "# Let a service account read pods\nkubectl create rolebinding read-pods --role=pod-reader --serviceaccount=default:builder",
            Flags = [Flag.Text("role", "The role."), .. SubjectFlags],
            Run = i => BindingAsync(i, "RoleBinding"),
        },
    ];

    private static async Task<int> RoleAsync(Invocation i, string kind)
    {
        var role = CreateSimple.Object(Api, kind, i);
        if (kind == "ClusterRole" && i.Flags.TextOrNull("aggregation-rule") is { } aggregation)
        {
            role["aggregationRule"] = new JsonObject
            {
                ["clusterRoleSelectors"] = new JsonArray(new JsonObject
                {
                    ["matchLabels"] = new JsonObject(aggregation.Split(',').Select(p => p.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], (JsonNode?)p.ElementAtOrDefault(1)))),
                }),
            };
            role["rules"] = new JsonArray();
            return await CreateVerb.CreateAsync(i, role, "clusterrole").ConfigureAwait(false);
        }

        var verbs = i.Flags.List("verb");
        if (verbs.Count == 0)
        {
            throw new CommandException("at least one verb must be specified");
        }

        var urls = kind == "ClusterRole" ? i.Flags.List("non-resource-url") : [];
        if (i.Flags.List("resource").Count == 0 && urls.Count == 0)
        {
            throw new CommandException(kind == "ClusterRole" ? "one of resource or nonResourceURL must be specified" : "at least one resource must be specified");
        }

        var rules = new JsonArray();
        foreach (var group in await GroupAsync(i).ConfigureAwait(false))
        {
            var rule = new JsonObject { ["apiGroups"] = new JsonArray(group.Key), ["resources"] = Array(group) };
            if (i.Flags.List("resource-name").Count > 0)
            {
                rule["resourceNames"] = Array(i.Flags.List("resource-name"));
            }

            rule["verbs"] = Array(verbs.Contains("*") ? ["*"] : verbs);
            rules.Add(rule);
        }

        if (urls.Count > 0)
        {
            rules.Add(new JsonObject { ["nonResourceURLs"] = Array(urls), ["verbs"] = Array(verbs) });
        }

        role["rules"] = rules;
        return await CreateVerb.CreateAsync(i, role, kind.ToLowerInvariant()).ConfigureAwait(false);
    }

    private static async Task<IEnumerable<IGrouping<string, string>>> GroupAsync(Invocation i)
    {
        var resources = new List<(string Group, string Resource)>();
        foreach (var text in i.Flags.List("resource"))
        {
            var slash = text.IndexOf('/', StringComparison.Ordinal);
            var (name, sub) = slash < 0 ? (text, "") : (text[..slash], text[slash..]);
            if (name == "*")
            {
                resources.Add(("*", "*" + sub));
                continue;
            }

            var mapping = await i.Cluster.Mapper.ByArgumentAsync(name, i.Cancellation).ConfigureAwait(false);
            resources.Add((mapping.Group, mapping.Plural + sub));
        }

        return resources.Distinct().GroupBy(r => r.Group, r => r.Resource);
    }

    private static Task<int> BindingAsync(Invocation i, string kind)
    {
        var clusterRole = i.Flags.TextOrNull("clusterrole");
        var role = kind == "RoleBinding" ? i.Flags.TextOrNull("role") : null;
        if ((clusterRole is null) == (role is null))
        {
            throw new CommandException(kind == "RoleBinding" ? "exactly one of clusterrole or role must be specified" : "required flag(s) \"clusterrole\" not set");
        }

        var subjects = new JsonArray();
        foreach (var (flag, subjectKind) in new[] { ("user", "User"), ("group", "Group") })
        {
            foreach (var name in i.Flags.List(flag))
            {
                subjects.Add(new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = subjectKind, ["name"] = name });
            }
        }

        foreach (var account in i.Flags.List("serviceaccount"))
        {
            var parts = account.Split(':');
            subjects.Add(parts.Length == 2 && parts.All(p => p.Length > 0)
                ? new JsonObject { ["kind"] = "ServiceAccount", ["name"] = parts[1], ["namespace"] = parts[0] }
                : throw new CommandException("serviceaccount must be <namespace>:<name>"));
        }

        var binding = CreateSimple.Object(Api, kind, i);
        binding["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = clusterRole is null ? "Role" : "ClusterRole", ["name"] = clusterRole ?? role };
        if (subjects.Count > 0)
        {
            binding["subjects"] = subjects;
        }

        return CreateVerb.CreateAsync(i, binding, kind.ToLowerInvariant());
    }

    private static JsonArray Array(IEnumerable<string> items) => new([.. items.Select(s => (JsonNode)s)]);
}
