using System.Net;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Cri.Containerd;
using Kobune.Cri.Images;
using Kobune.Dns;
using Kobune.Kubelet;
using Kobune.Network;
using Kobune.Proxy;
using Kobune.Proxy.NetworkPolicies;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Hosting;

/// <summary>containerd, kubelet and Pod network: one node. Containers survive it.</summary>
internal sealed class NodeAgent(NodeSettings settings, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _running = [];
    private readonly ContainerdProcess _containerd = new(settings.Runtime, time, loggers.CreateLogger<ContainerdProcess>());
    private Kubelet.Kubelet? _kubelet;

    /// <summary>The parts that run; the first to end ends the whole.</summary>
    public IReadOnlyList<Task> Running => _running;

    /// <summary>Starts containerd, or adopts the one that runs, and sees to the built-in images.</summary>
    public async Task StartRuntimeAsync(CancellationToken cancellationToken)
    {
        await _containerd.StartAsync(cancellationToken);
        Directory.CreateDirectory(settings.Paths.BuiltInImages);
        await BuiltInImages.EnsureAsync(_containerd.Cri, _containerd.Importer, settings.Paths.BuiltInImages, cancellationToken);
        _running.Add(SuperviseAsync(_stopping.Token));
    }

    /// <summary>Starts the kubelet; returns when the node is Ready.</summary>
    /// <param name="client">Acts as system:node:NAME.</param>
    public async Task StartKubeletAsync(IKubeClient client, CancellationToken cancellationToken)
    {
        var pods = new PodNetwork(settings.Paths.CniConf, settings.Paths.CniData);
        var network = new NodeNetworking(settings.Network, settings.Name, settings.Address, pods, client, time, loggers);
        _running.Add(network.RunAsync(_stopping.Token));
        var dnsService = await DnsServiceAddressAsync(client, cancellationToken);
        _kubelet = new Kubelet.Kubelet(
            new KubeletOptions
            {
                NodeName = settings.Name,
                Client = client,
                CriSocket = settings.Runtime.Socket,
                RootDirectory = settings.Paths.KubeletRoot,
                PodLogDirectory = settings.Paths.PodLogs,
                ContainerLogLinkDirectory = settings.Paths.ContainerLogs,
                NodeAddresses = [settings.Address],
                NodeLabels = settings.Labels,
                CgroupRoot = settings.Paths.Cgroup,
                ClusterDns = dnsService?.ToString(),
                MayLowerOomScore = LinuxCapabilities.MayLowerOomScore(),
                Server = new KubeletServerOptions
                {
                    Certificate = settings.Certificate(),
                    CurrentCertificate = settings.Certificate,
                    ClientAuthorities = [settings.ClientAuthority],
                },
                Time = time,
            },
            loggers);
        _running.Add(_kubelet.RunAsync(_stopping.Token));
        await _kubelet.Ready.WaitAsync(cancellationToken);
        StartServices(client, dnsService);
    }

    /// <summary>Starts kube-proxy: Services and NetworkPolicies in this node's kernel.</summary>
    /// <param name="client">Acts as system:kube-proxy.</param>
    public void StartProxy(IKubeClient client)
    {
        var options = new KubeProxyOptions { NodeName = settings.Name, Client = client, Mode = settings.Network.ProxyMode, ServiceCidr = settings.Network.ServiceCidr, Time = time };
        _running.Add(new KubeProxy(options, loggers).RunAsync(_stopping.Token));
        _running.Add(new NetworkPolicyAgent(settings.Name, client, time, loggers).RunAsync(_stopping.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var task in _running)
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (_kubelet is not null)
        {
            await _kubelet.DisposeAsync();
        }
        _containerd.Dispose();
        _stopping.Dispose();
    }

    // What answers Pods on every node, over one set of caches.
    private void StartServices(IKubeClient client, IPAddress? dnsService)
    {
        var informers = new InformerFactory(client, time, loggers);
        var dns = new ClusterDns(
            new DnsOptions(settings.Name, new IPEndPoint(settings.Address, DnsOptions.DefaultPort)) { ServiceAddress = dnsService }, client, informers, time, loggers);
        informers.Start(_stopping.Token);
        _running.Add(dns.RunAsync(_stopping.Token));
    }

    // Where Pods find the cluster's DNS; null when somebody has removed the Service, and then Pods get the node's resolver.
    private static async Task<IPAddress?> DnsServiceAddressAsync(IKubeClient client, CancellationToken cancellationToken) =>
        await client.FindAsync<Service>(KubeDnsService.Namespace, KubeDnsService.Name, cancellationToken) is { } service
        && IPAddress.TryParse(service.Spec.ClusterIP, out var address) ? address : null;

    // containerd that dies is started again: its containers go on without it.
    private async Task SuperviseAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _containerd.WaitForExitAsync(cancellationToken);
            await _containerd.StartAsync(cancellationToken);
        }
    }
}
