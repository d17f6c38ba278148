using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.ApiServer.Pipeline;

namespace Kobune.ApiServer.Streaming;

/// <summary>Where /proxy of a node, Pod or Service leads. The name in the path may be "scheme:name:port".</summary>
internal sealed class ProxyTargets(IObjectReader objects, PodTargets pods, Random random)
{
    public async ValueTask<ConnectTarget> OfAsync(RequestInfo info, string query, CancellationToken cancellationToken)
    {
        var (scheme, name, port) = Split(info.Name);
        var path = "/" + info.Tail;
        switch (info.Resource)
        {
            case "nodes":
                var kubelet = await pods.KubeletAsync(name, path, query, cancellationToken).ConfigureAwait(false);
                return port.Length == 0 || port == kubelet.Port.ToString(System.Globalization.CultureInfo.InvariantCulture)
                    ? kubelet
                    : (kubelet with { Port = Number(port), Tls = scheme == "https", Kubelet = false }).NotLocal();
            case "pods":
                var pod = await objects.FindAsync(ResourceInfo.Of<Pod>(), info.Namespace, name, true, cancellationToken).ConfigureAwait(false) as Pod
                    ?? throw StatusErrors.NotFound(ResourceInfo.Of<Pod>(), name);
                return PodTarget(pod, scheme, port, path, query).NotLocal();
            default:
                return (await ServiceTargetAsync(info, name, scheme, port, path, query, cancellationToken).ConfigureAwait(false)).NotLocal();
        }
    }

    /// <summary>"name", "name:port" or "scheme:name:port".</summary>
    public static (string Scheme, string Name, string Port) Split(string text) => text.Split(':') switch
    {
        [var name] => ("", name, ""),
        [var name, var port] => ("", name, port),
        [var scheme, var name, var port] when scheme is "http" or "https" or "" => (scheme, name, port),
        _ => throw StatusErrors.BadRequest($"invalid proxy request \"{text}\""),
    };

    private static ConnectTarget PodTarget(Pod pod, string scheme, string port, string path, string query)
    {
        var ip = pod.Status.PodIPs.Count > 0 ? pod.Status.PodIPs[0].Ip : pod.Status.PodIP;
        if (ip.Length == 0)
        {
            throw StatusErrors.BadRequest("address not allowed");
        }

        if (port.Length == 0)
        {
            var first = pod.Spec.Containers.SelectMany(c => c.Ports).FirstOrDefault();
            port = (first?.Port ?? (scheme == "https" ? 443 : 80)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return new ConnectTarget(ip, Number(port), scheme == "https", path, query, false);
    }

    private async ValueTask<ConnectTarget> ServiceTargetAsync(RequestInfo info, string name, string scheme, string port, string path, string query, CancellationToken cancellationToken)
    {
        var service = await objects.FindAsync(ResourceInfo.Of<Service>(), info.Namespace, name, true, cancellationToken).ConfigureAwait(false) as Service
            ?? throw StatusErrors.NotFound(ResourceInfo.Of<Service>(), name);
        var wanted = service.Spec.Ports.Find(p => port.Length == 0 ? service.Spec.Ports.Count == 1 : p.Name == port || p.Port.ToString(System.Globalization.CultureInfo.InvariantCulture) == port)
            ?? throw StatusErrors.ServiceUnavailable($"no service port \"{port}\" found for service \"{name}\"");
        var slices = await objects.ListAsync(ResourceInfo.Of<EndpointSlice>(), info.Namespace, true, cancellationToken).ConfigureAwait(false);
        var choices = new List<(string Address, int Port)>();
        foreach (var slice in slices.Cast<EndpointSlice>().Where(s => s.Metadata.Labels.GetValueOrDefault("kubernetes.io/service-name") == name))
        {
            if (slice.Ports.Find(p => (p.Name ?? "") == wanted.Name)?.Port is not { } number)
            {
                continue;
            }

            choices.AddRange(slice.Endpoints.Where(e => e.Conditions.Ready ?? true).SelectMany(e => e.Addresses).Select(a => (a, number)));
        }

        if (choices.Count == 0)
        {
            throw StatusErrors.ServiceUnavailable($"no endpoints available for service \"{name}\"");
        }

        var (address, targetPort) = choices[random.Next(choices.Count)];
        return new ConnectTarget(address, targetPort, scheme == "https", path, query, false);
    }

    private static int Number(string port) =>
        int.TryParse(port, System.Globalization.CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65536 ? number : throw StatusErrors.BadRequest($"invalid port \"{port}\"");
}
