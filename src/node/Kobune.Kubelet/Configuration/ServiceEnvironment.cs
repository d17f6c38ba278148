using System.Globalization;
using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Configuration;

/// <summary>Environment variables that describe services: always the API's own, the namespace's when service links are wanted.</summary>
internal static class ServiceEnvironment
{
    public static Dictionary<string, string> Build(IEnumerable<Service> services, string ns, bool links)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var service in services)
        {
            var master = service.Metadata is { Namespace: "default", Name: "kubernetes" };
            if (service.Spec.ClusterIP is "" or "None" || service.Spec.Ports.Count == 0)
            {
                continue;
            }

            // A service of the Pod's namespace named like the API's wins over it.
            if (links && service.Metadata.Namespace == ns)
            {
                Add(result, service);
            }
            else if (master && !result.ContainsKey("KUBERNETES_SERVICE_HOST"))
            {
                Add(result, service);
            }
        }

        return result;
    }

    private static void Add(Dictionary<string, string> result, Service service)
    {
        var name = service.Metadata.Name.ToUpperInvariant().Replace('-', '_');
        var ip = service.Spec.ClusterIP;
        var host = ip.Contains(':') ? $"[{ip}]" : ip;
        result[name + "_SERVICE_HOST"] = ip;
        result[name + "_SERVICE_PORT"] = Text(service.Spec.Ports[0].Port);
        foreach (var port in service.Spec.Ports.Where(p => p.Name.Length > 0))
        {
            result[$"{name}_SERVICE_PORT_{port.Name.ToUpperInvariant().Replace('-', '_')}"] = Text(port.Port);
        }

        for (var i = 0; i < service.Spec.Ports.Count; i++)
        {
            var port = service.Spec.Ports[i];
            var protocol = port.Protocol.Length > 0 ? port.Protocol : "TCP";
            var url = $"{protocol.ToLowerInvariant()}://{host}:{Text(port.Port)}";
            var prefix = $"{name}_PORT_{Text(port.Port)}_{protocol.ToUpperInvariant()}";
            if (i == 0)
            {
                result[name + "_PORT"] = url;
            }

            result[prefix] = url;
            result[prefix + "_PROTO"] = protocol.ToLowerInvariant();
            result[prefix + "_PORT"] = Text(port.Port);
            result[prefix + "_ADDR"] = ip;
        }
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
