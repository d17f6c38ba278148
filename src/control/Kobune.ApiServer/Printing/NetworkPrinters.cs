using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Api.Networking.V1;
using Kobune.ApiServer.Registry.Subresources;

namespace Kobune.ApiServer.Printing;

/// <summary>Rows of Services, endpoints, ingresses and network policies.</summary>
internal static class NetworkPrinters
{
    private const int MostShown = 3;

    public static void Print(Service o, Cells cells)
    {
        var spec = o.Spec;
        var internalIp = spec.ClusterIPs.Count > 0 ? spec.ClusterIPs[0] : spec.ClusterIP.Length > 0 ? spec.ClusterIP : "<none>";
        var ports = string.Join(',', spec.Ports.Select(p => p.NodePort > 0 ? $"{p.Port}:{p.NodePort}/{p.Protocol}" : $"{p.Port}/{p.Protocol}"));
        cells.Text(o.Name).Text(spec.Type).Text(internalIp).Text(External(o)).Text(ports.Length == 0 ? "<none>" : ports)
            .Age(o.Metadata.CreationTimestamp).Text(WorkloadPrinters.Labels(spec.Selector));
    }

    public static void Print(Endpoints o, Cells cells)
    {
        var all = new List<string>();
        foreach (var subset in o.Subsets)
        {
            if (subset.Ports.Count == 0)
            {
                all.AddRange(subset.Addresses.Select(a => a.Ip));
            }

            foreach (var port in subset.Ports)
            {
                all.AddRange(subset.Addresses.Select(a => a.Ip.Contains(':', StringComparison.Ordinal) ? $"[{a.Ip}]:{port.Port}" : $"{a.Ip}:{port.Port}"));
            }
        }

        cells.Text(o.Name).Text(Some(all, "<none>")).Age(o.Metadata.CreationTimestamp);
    }

    public static void Print(EndpointSlice o, Cells cells)
    {
        var ports = o.Ports.Select(p => p.Name is { Length: > 0 } name && p.Port is null ? name : p.Port?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "*").ToList();
        var addresses = o.Endpoints.SelectMany(e => e.Addresses).ToList();
        cells.Text(o.Name).Text(o.AddressType).Text(Some(ports, "<unset>")).Text(Some(addresses, "<unset>")).Age(o.Metadata.CreationTimestamp);
    }

    public static void Print(Ingress o, Cells cells)
    {
        var hosts = o.Spec.Rules.Select(r => r.Host).Where(h => h.Length > 0).ToList();
        var addresses = o.Status.LoadBalancer.Ingress.Select(i => i.Ip.Length > 0 ? i.Ip : i.Hostname);
        cells.Text(o.Name).Text(o.Spec.IngressClassName ?? "<none>").Text(Some(hosts, "*")).Text(string.Join(',', addresses))
            .Text(o.Spec.Tls.Count > 0 ? "80, 443" : "80").Age(o.Metadata.CreationTimestamp);
    }

    public static void Print(IngressClass o, Cells cells)
    {
        var p = o.Spec.Parameters;
        cells.Text(o.Name).Text(o.Spec.Controller).Text(p is null ? "<none>" : p.ApiGroup is { Length: > 0 } group ? $"{p.Kind}.{group}/{p.Name}" : $"{p.Kind}/{p.Name}").Age(o.Metadata.CreationTimestamp);
    }

    public static void Print(NetworkPolicy o, Cells cells) =>
        cells.Text(o.Name).Text(ScaleView.Text(o.Spec.PodSelector) is { Length: > 0 } text ? text : "<none>").Age(o.Metadata.CreationTimestamp);

    public static void Print(ServiceCIDR o, Cells cells) => cells.Text(o.Name).Text(string.Join(',', o.Spec.Cidrs)).Age(o.Metadata.CreationTimestamp);

    public static void Print(IPAddress o, Cells cells)
    {
        var parent = o.Spec.ParentRef;
        cells.Text(o.Name).Text(parent is null ? "<none>" : string.Join('/', new[] { parent.Group.Length > 0 ? $"{parent.Resource}.{parent.Group}" : parent.Resource, parent.Namespace, parent.Name }.Where(s => s.Length > 0)));
    }

    private static string External(Service o)
    {
        var balancer = o.Status.LoadBalancer.Ingress.Select(i => i.Ip.Length > 0 ? i.Ip : i.Hostname).Where(s => s.Length > 0).ToList();
        return o.Spec.Type switch
        {
            "LoadBalancer" when balancer.Count > 0 || o.Spec.ExternalIPs.Count > 0 => string.Join(',', balancer.Concat(o.Spec.ExternalIPs)),
            "LoadBalancer" => "<pending>",
            "ExternalName" => o.Spec.ExternalName,
            _ => o.Spec.ExternalIPs.Count > 0 ? string.Join(',', o.Spec.ExternalIPs) : "<none>",
        };
    }

    private static string Some(List<string> all, string none) =>
        all.Count == 0 ? none : all.Count > MostShown ? $"{string.Join(',', all.Take(MostShown))} + {all.Count - MostShown} more..." : string.Join(',', all);
}
