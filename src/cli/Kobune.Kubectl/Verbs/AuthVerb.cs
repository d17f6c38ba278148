using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl auth can-i and whoami.</summary>
internal static class AuthVerb
{
    public static readonly Command Definition = new("auth", "Inspect authorization")
    {
        Commands =
        [
            new("can-i", "Check whether an action is allowed")
            {
                Usage = "VERB [TYPE | TYPE/NAME | NONRESOURCEURL]",
                Examples = """
                    # May I create pods here?
                    kubectl auth can-i create pods

                    # May a service account list secrets?
                    kubectl auth can-i list secrets --as=system:serviceaccount:default:builder

                    # Everything that I may do here
                    kubectl auth can-i --list
                    """,
                Flags = [ResourceFinder.AllNamespaces, Flag.Bool("list", "Show everything that is allowed."), Flag.Bool("no-headers", "No header line."), Flag.Bool("quiet", "Say nothing, only exit with 0 or 1.", 'q'), Flag.Text("subresource", "Of the resource: log, exec.")],
                Run = i => i.Flags.Bool("list") ? ListAsync(i) : CanAsync(i),
            },
            new("whoami", "Experimental: Check self subject attributes")
            {
                Examples = "# As whom the server sees me\nkubectl auth whoami",
                Flags = OutputFormat.Flags,
                Run = WhoAmIAsync,
            },
        ],
    };

    private static async Task<int> CanAsync(Invocation i)
    {
        if (i.Arguments.Count is < 2 or > 3)
        {
            throw new CommandException("you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.");
        }

        var spec = new JsonObject();
        if (i.Arguments[1].StartsWith('/'))
        {
            spec["nonResourceAttributes"] = new JsonObject { ["path"] = i.Arguments[1], ["verb"] = i.Arguments[0] };
        }
        else
        {
            spec["resourceAttributes"] = await AttributesAsync(i).ConfigureAwait(false);
        }

        var answer = await i.Cluster.SendAsync(
            HttpMethod.Post, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            new JsonObject { ["apiVersion"] = "authorization.k8s.io/v1", ["kind"] = "SelfSubjectAccessReview", ["spec"] = spec }, i.Cancellation).ConfigureAwait(false);
        var allowed = answer.Bool("status", "allowed");
        if (!i.Flags.Bool("quiet"))
        {
            var reason = answer.TextOrNull("status", "reason") is { } r && !allowed ? $" - {r}" : "";
            var problem = answer.TextOrNull("status", "evaluationError") is { } e ? $" - {e}" : "";
            i.Out.WriteLine((allowed ? "yes" : "no") + reason + problem);
        }

        return allowed ? 0 : 1;
    }

    private static async Task<JsonObject> AttributesAsync(Invocation i)
    {
        var text = i.Arguments[1];
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var (type, name) = slash < 0 ? (text, i.Arguments.ElementAtOrDefault(2) ?? "") : (text[..slash], text[(slash + 1)..]);
        var attributes = new JsonObject { ["verb"] = i.Arguments[0] };
        if (type == "*")
        {
            attributes["resource"] = "*";
            attributes["group"] = "*";
        }
        else
        {
            try
            {
                var mapping = await i.Cluster.Mapper.ByArgumentAsync(type, i.Cancellation).ConfigureAwait(false);
                attributes["group"] = mapping.Group;
                attributes["resource"] = mapping.Plural;
                if (!mapping.Namespaced && !i.AllNamespaces)
                {
                    i.Error.WriteLine($"Warning: resource '{mapping.Plural}' is not namespace scoped{(mapping.Group.Length > 0 ? $" in group '{mapping.Group}'" : "")}\n");
                }
            }
            catch (CommandException)
            {
                i.Error.WriteLine($"Warning: the server doesn't have a resource type '{type}'\n");
                attributes["resource"] = type;
            }
        }

        if (!i.AllNamespaces)
        {
            attributes["namespace"] = i.Namespace;
        }

        if (name.Length > 0)
        {
            attributes["name"] = name;
        }

        if (i.Flags.TextOrNull("subresource") is { } sub)
        {
            attributes["subresource"] = sub;
        }

        return attributes;
    }

    private static async Task<int> ListAsync(Invocation i)
    {
        var answer = await i.Cluster.SendAsync(
            HttpMethod.Post, "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
            new JsonObject { ["apiVersion"] = "authorization.k8s.io/v1", ["kind"] = "SelfSubjectRulesReview", ["spec"] = new JsonObject { ["namespace"] = i.Namespace } }, i.Cancellation).ConfigureAwait(false);
        var table = new TabWriter(6, 3);
        if (!i.Flags.Bool("no-headers"))
        {
            table.WriteLine("Resources\tNon-Resource URLs\tResource Names\tVerbs");
        }

        foreach (var rule in answer.Objects("status", "resourceRules"))
        {
            foreach (var resource in rule.Strings("resources").SelectMany(r => rule.Strings("apiGroups").DefaultIfEmpty(""), (r, g) => g.Length == 0 ? r : $"{r}.{g}"))
            {
                table.WriteLine($"{resource}\t[]\t[{string.Join(' ', rule.Strings("resourceNames"))}]\t[{string.Join(' ', rule.Strings("verbs"))}]");
            }
        }

        foreach (var rule in answer.Objects("status", "nonResourceRules"))
        {
            table.WriteLine($"\t[{string.Join(' ', rule.Strings("nonResourceURLs"))}]\t[]\t[{string.Join(' ', rule.Strings("verbs"))}]");
        }

        i.Out.Write(table.Flush());
        return 0;
    }

    private static async Task<int> WhoAmIAsync(Invocation i)
    {
        var answer = await i.Cluster.SendAsync(
            HttpMethod.Post, "/apis/authentication.k8s.io/v1/selfsubjectreviews", new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "SelfSubjectReview" }, i.Cancellation).ConfigureAwait(false);
        var format = OutputFormat.Of(i);
        if (format.Name.Length > 0)
        {
            new ObjectPrinter(i, format).Print(answer, i.Out);
            return 0;
        }

        var user = answer.Map("status", "userInfo");
        var table = new TabWriter(6, 3);
        table.WriteLine("ATTRIBUTE\tVALUE");
        table.WriteLine($"Username\t{user.Text("username")}");
        if (user.TextOrNull("uid") is { } uid)
        {
            table.WriteLine($"UID\t{uid}");
        }

        table.WriteLine($"Groups\t[{string.Join(' ', user.Strings("groups"))}]");
        foreach (var (key, value) in user.Map("extra").OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            table.WriteLine($"Extra: {key}\t[{string.Join(' ', (value as JsonArray ?? []).Select(v => v.Text()))}]");
        }

        i.Out.Write(table.Flush());
        return 0;
    }
}
