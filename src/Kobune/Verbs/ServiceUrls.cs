using Kobune.Api.Core.V1;

namespace Kobune.Verbs;

/// <summary>Where the machine that the cluster runs on reaches a Service's ports.</summary>
internal static class ServiceUrls
{
    /// <summary>One URL a TCP port: the node's port when it has one, else the cluster address, which is routed from the machine.</summary>
    public static IEnumerable<(string Port, string Url)> Of(Service service, string nodeAddress, string scheme)
    {
        foreach (var port in service.Spec.Ports.Where(p => p.Protocol is "" or "TCP"))
        {
            var name = port.Name.Length > 0 ? $"{port.Name}/{port.Port}" : $"{port.Port}";
            if (port.NodePort > 0)
            {
                yield return (name, $"{scheme}://{nodeAddress}:{port.NodePort}");
            }
            else if (service.Spec.ClusterIP is { Length: > 0 } address and not "None")
            {
                yield return (name, $"{scheme}://{address}:{port.Port}");
            }
        }
    }
}
