using System.Text;
using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Describe;

/// <summary>ConfigMap, Secret, ServiceAccount, Namespace, Role and binding.</summary>
internal static class DescribeConfig
{
    public static void ConfigMap(DescribeWriter w, JsonObject c)
    {
        Head(w, c);
        w.Line(0, "\nData\n====");
        foreach (var (key, value) in c.Map("data").OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            w.Line(0, $"{key}:\n----\n{value.Text()}\n");
        }

        w.Line(0, "\nBinaryData\n====");
        foreach (var (key, value) in c.Map("binaryData").OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            w.Line(0, $"{key}: {Convert.FromBase64String(value.Text()).Length} bytes");
        }

        w.Line(0, "");
    }

    public static void Secret(DescribeWriter w, JsonObject s)
    {
        Head(w, s);
        w.Line(0, $"\nType:\t{s.Text("type")}");
        w.Line(0, "\nData\n====");
        foreach (var (key, value) in s.Map("data").OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            var bytes = Convert.FromBase64String(value.Text());
            w.Line(0, s.Text("type") == "kubernetes.io/service-account-token" && key == "token"
                ? $"{key}:\t{Encoding.UTF8.GetString(bytes)}"
                : $"{key}:\t{bytes.Length} bytes");
        }
    }

    public static async Task ServiceAccountAsync(DescribeWriter w, JsonObject a, Invocation i)
    {
        Head(w, a);
        var secrets = await i.Cluster.GetAsync(
            ApiPaths.WithQuery(ApiPaths.Resource("", "v1", "secrets", a.Namespace()), ("fieldSelector", "type=kubernetes.io/service-account-token")), i.Cancellation).ConfigureAwait(false);
        var tokens = ResourceFinder.ItemsOf(secrets).Where(s => s.Text("metadata", "annotations", "kubernetes.io/service-account.name") == a.Name()).Select(s => s.Name());
        List(w, "Image pull secrets", a.Objects("imagePullSecrets").Select(s => s.Text("name")));
        List(w, "Mountable secrets", a.Objects("secrets").Select(s => s.Text("name")));
        List(w, "Tokens", tokens);
    }

    public static async Task NamespaceAsync(DescribeWriter w, JsonObject n, Invocation i)
    {
        w.Field(0, "Name", n.Name());
        w.Map(0, "Labels", n.Map("metadata", "labels"));
        w.Annotations(0, "Annotations", n.Map("metadata", "annotations"));
        w.Field(0, "Status", n.Text("status", "phase"));
        var quotas = ResourceFinder.ItemsOf(await i.Cluster.GetAsync(ApiPaths.Resource("", "v1", "resourcequotas", n.Name()), i.Cancellation).ConfigureAwait(false)).ToArray();
        w.Line(0, "");
        w.Line(0, quotas.Length == 0 ? "No resource quota." : "Resource Quotas");
        foreach (var quota in quotas)
        {
            w.Line(1, $"Name:\t{quota.Name()}");
            w.Line(1, "Resource\tUsed\tHard");
            w.Line(1, "--------\t---\t---");
            foreach (var (resource, hard) in quota.Map("status", "hard").OrderBy(h => h.Key, StringComparer.Ordinal))
            {
                w.Line(1, $"{resource}\t{quota.Text("status", "used", resource)}\t{hard.Text()}");
            }
        }

        var limits = ResourceFinder.ItemsOf(await i.Cluster.GetAsync(ApiPaths.Resource("", "v1", "limitranges", n.Name()), i.Cancellation).ConfigureAwait(false)).ToArray();
        w.Line(0, "");
        w.Line(0, limits.Length == 0 ? "No LimitRange resource." : "Resource Limits");
        foreach (var limit in limits.SelectMany(l => l.Objects("spec", "limits")))
        {
            foreach (var resource in new[] { "min", "max", "default", "defaultRequest" }.SelectMany(f => limit.Map(f).Select(v => v.Key)).Distinct())
            {
                w.Line(1, $"{limit.Text("type")}\t{resource}\t{limit.TextOrNull("min", resource) ?? "-"}\t{limit.TextOrNull("max", resource) ?? "-"}\t{limit.TextOrNull("defaultRequest", resource) ?? "-"}\t{limit.TextOrNull("default", resource) ?? "-"}");
            }
        }
    }

    public static void Role(DescribeWriter w, JsonObject r)
    {
        w.Field(0, "Name", r.Name());
        w.Map(0, "Labels", r.Map("metadata", "labels"));
        w.Annotations(0, "Annotations", r.Map("metadata", "annotations"));
        w.Line(0, "PolicyRule:");
        w.Line(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs");
        w.Line(1, "---------\t-----------------\t--------------\t-----");
        foreach (var rule in r.Objects("rules"))
        {
            var tail = $"[{string.Join(' ', rule.Strings("nonResourceURLs"))}]\t[{string.Join(' ', rule.Strings("resourceNames"))}]\t[{string.Join(' ', rule.Strings("verbs"))}]";
            var resources = rule.Strings("resources").SelectMany(n => rule.Strings("apiGroups").DefaultIfEmpty(""), (n, g) => g.Length == 0 ? n : $"{n}.{g}").DefaultIfEmpty("");
            foreach (var resource in resources)
            {
                w.Line(1, $"{resource}\t{tail}");
            }
        }
    }

    public static void Binding(DescribeWriter w, JsonObject b)
    {
        w.Field(0, "Name", b.Name());
        w.Map(0, "Labels", b.Map("metadata", "labels"));
        w.Annotations(0, "Annotations", b.Map("metadata", "annotations"));
        w.Line(0, "Role:");
        w.Field(1, "Kind", b.Text("roleRef", "kind"));
        w.Field(1, "Name", b.Text("roleRef", "name"));
        w.Line(0, "Subjects:");
        w.Line(1, "Kind\tName\tNamespace");
        w.Line(1, "----\t----\t---------");
        foreach (var s in b.Objects("subjects"))
        {
            w.Line(1, $"{s.Text("kind")}\t{s.Text("name")}\t{s.Text("namespace")}");
        }
    }

    private static void Head(DescribeWriter w, JsonObject o)
    {
        w.Field(0, "Name", o.Name());
        w.Field(0, "Namespace", o.Namespace());
        w.Map(0, "Labels", o.Map("metadata", "labels"));
        w.Annotations(0, "Annotations", o.Map("metadata", "annotations"));
    }

    private static void List(DescribeWriter w, string title, IEnumerable<string> items)
    {
        var all = items.ToArray();
        w.Field(0, title, all.Length == 0 ? "<none>" : all[0]);
        foreach (var item in all.Skip(1))
        {
            w.Line(0, "\t" + item);
        }
    }
}
