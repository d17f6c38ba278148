using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Probes;

/// <summary>Performs one probe of whichever form.</summary>
internal sealed class Prober(ExecProber exec, HttpProber http, GrpcProber grpc)
{
    public async Task<ProbeOutcome> ProbeAsync(
        ContainerSpec spec, string containerId, IReadOnlyList<string> addresses, Probe probe, CancellationToken cancellation)
    {
        var timeout = TimeSpan.FromSeconds(probe.TimeoutSeconds > 0 ? probe.TimeoutSeconds : 1);
        if (probe.Exec is { } command)
        {
            return await exec.RunAsync(command, containerId, timeout, cancellation);
        }

        if (probe.HttpGet is { } get)
        {
            return await http.GetAsync(get, spec, addresses, timeout, cancellation);
        }

        if (probe.TcpSocket is { } tcp)
        {
            return await TcpProber.ConnectAsync(tcp, spec, addresses, timeout, cancellation);
        }

        return probe.Grpc is { } health ? await grpc.CheckAsync(health, addresses, timeout, cancellation) : new ProbeOutcome(true, "");
    }
}
