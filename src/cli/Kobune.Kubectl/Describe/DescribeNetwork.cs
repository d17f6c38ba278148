using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Describe;

/// <summary>Service and Ingress.</summary>
internal static class DescribeNetwork
{
    public static async Task ServiceAsync(DescribeWriter w, JsonObject s, Invocation i)
    {
        w.Field(0, "Name", s.Name());
        w.Field(0, "Namespace", s.Namespace());
        w.Map(0, "Labels", s.Map("metadata", "labels"));
        w.Annotations(0, "Annotations", s.Map("metadata", "annotations"));
        w.Field(0, "Selector", DescribeWriter.LabelList(s.Map("spec", "selector")));
        w.Field(0, "Type", s.Text("spec", "type"));
        if (s.TextOrNull("spec", "ipFamilyPolicy") is { } policy)
        {
            w.Field(0, "IP Family Policy", policy);
        }

        var families = s.Strings("spec", "ipFamilies");
        w.Field(0, "IP Families", families.Length == 0 ? "<none>" : string.Join(',', families));
        w.Field(0, "IP", s.Text("spec", "clusterIP"));
        var addresses = s.Strings("spec", "clusterIPs");
        w.Field(0, "IPs", addresses.Length == 0 ? "<none>" : string.Join(',', addresses));
        Optional(w, "External IPs", string.Join(',', s.Strings("spec", "externalIPs")));
        Optional(w, "Desired LoadBalancer IP", s.Text("spec", "loadBalancerIP"));
        Optional(w, "External Name", s.Text("spec", "externalName"));
        Optional(w, "LoadBalancer Ingress", string.Join(", ", s.Objects("status", "loadBalancer", "ingress").Select(g => g.TextOrNull("ip") ?? g.Text("hostname"))));
        var slices = await SlicesAsync(s, i).ConfigureAwait(false);
        foreach (var port in s.Objects("spec", "ports"))
        {
            var name = port.TextOrNull("name") ?? "<unset>";
            w.Field(0, "Port", $"{name}  {port.Text("port")}/{port.Text("protocol")}");
            w.Field(0, "TargetPort", $"{port.Text("targetPort")}/{port.Text("protocol")}");
            if (port.Long("nodePort") > 0)
            {
                w.Field(0, "NodePort", $"{name}  {port.Text("nodePort")}/{port.Text("protocol")}");
            }

            w.Field(0, "Endpoints", Endpoints(slices, port.Text("name")));
        }

        w.Field(0, "Session Affinity", s.Text("spec", "sessionAffinity"));
        Optional(w, "External Traffic Policy", s.Text("spec", "externalTrafficPolicy"));
        Optional(w, "Internal Traffic Policy", s.Text("spec", "internalTrafficPolicy"));
        Optional(w, "TrafficDistribution", s.Text("spec", "trafficDistribution"));
        var ranges = s.Strings("spec", "loadBalancerSourceRanges");
        Optional(w, "LoadBalancer Source Ranges", string.Join(',', ranges));
    }

    public static async Task IngressAsync(DescribeWriter w, JsonObject g, Invocation i)
    {
        w.Field(0, "Name", g.Name());
        w.Map(0, "Labels", g.Map("metadata", "labels"));
        w.Field(0, "Namespace", g.Namespace());
        w.Field(0, "Address", string.Join(',', g.Objects("status", "loadBalancer", "ingress").Select(a => a.TextOrNull("ip") ?? a.Text("hostname"))));
        w.Field(0, "Ingress Class", g.TextOrNull("spec", "ingressClassName") ?? "<none>");
        w.Field(0, "Default backend", g.At("spec", "defaultBackend") is JsonObject backend ? await BackendAsync(backend, g.Namespace(), i).ConfigureAwait(false) : "<default>");
        if (g.Items("spec", "tls").Count > 0)
        {
            w.Line(0, "TLS:");
            foreach (var tls in g.Objects("spec", "tls"))
            {
                w.Line(1, tls.TextOrNull("secretName") is { } secret ? $"{secret} terminates {string.Join(',', tls.Strings("hosts"))}" : $"SNI routes {string.Join(',', tls.Strings("hosts"))}");
            }
        }

        w.Line(0, "Rules:\n  Host\tPath\tBackends");
        w.Line(1, "----\t----\t--------");
        foreach (var rule in g.Objects("spec", "rules"))
        {
            w.Line(1, $"{rule.TextOrNull("host") ?? "*"}\t");
            foreach (var path in rule.Objects("http", "paths"))
            {
                w.Line(1, $"\t{path.Text("path")} \t{await BackendAsync(path.Map("backend"), g.Namespace(), i).ConfigureAwait(false)}");
            }
        }

        w.Annotations(0, "Annotations", g.Map("metadata", "annotations"));
    }

    private static void Optional(DescribeWriter w, string name, string value)
    {
        if (value.Length > 0)
        {
            w.Field(0, name, value);
        }
    }

    private static async Task<IReadOnlyList<JsonObject>> SlicesAsync(JsonObject service, Invocation i)
    {
        var path = ApiPaths.WithQuery(
            ApiPaths.Resource("discovery.k8s.io", "v1", "endpointslices", service.Namespace()), ("labelSelector", "kubernetes.io/service-name=" + service.Name()));
        return [.. ResourceFinder.ItemsOf(await i.Cluster.GetAsync(path, i.Cancellation).ConfigureAwait(false))];
    }

    private static string Endpoints(IReadOnlyList<JsonObject> slices, string portName)
    {
        if (slices.Count == 0)
        {
            return "<none>";
        }

        var all =
            (from slice in slices
             from port in slice.Objects("ports")
             where port.Text("name") == portName
             from endpoint in slice.Objects("endpoints")
             where endpoint.Text("conditions", "ready") != "false"
             from address in endpoint.Strings("addresses")
             select address.Contains(':', StringComparison.Ordinal) ? $"[{address}]:{port.Text("port")}" : $"{address}:{port.Text("port")}").ToArray();
        return all.Length > 3 ? string.Join(',', all.Take(3)) + $" + {all.Length - 3} more..." : string.Join(',', all);
    }

    private static async Task<string> BackendAsync(JsonObject backend, string ns, Invocation i)
    {
        if (backend["service"] is not JsonObject service)
        {
            return $"APIGroup: {backend.Text("resource", "apiGroup")}, Kind: {backend.Text("resource", "kind")}, Name: {backend.Text("resource", "name")}";
        }

        var port = service.TextOrNull("port", "number") ?? service.Text("port", "name");
        var found = await i.Cluster.TryGetAsync(ApiPaths.Resource("", "v1", "services", ns, service.Text("name")), i.Cancellation).ConfigureAwait(false);
        if (found is null)
        {
            return $"{service.Text("name")}:{port} (<error: services \"{service.Text("name")}\" not found>)";
        }

        var servicePort = found.Objects("spec", "ports").FirstOrDefault(p => p.Text("port") == port || p.Text("name") == port);
        return $"{service.Text("name")}:{port} ({Endpoints(await SlicesAsync(found, i).ConfigureAwait(false), servicePort.Text("name"))})";
    }
}
