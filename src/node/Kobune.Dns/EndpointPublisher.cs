using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;
using EndpointPort = Kobune.Api.Discovery.V1.EndpointPort;

namespace Kobune.Dns;

/// <summary>
/// Keeps this node's EndpointSlice of Service kube-system/kube-dns: the server's address, marked with the node, so that each
/// node's kube-proxy leads to the server beside it. The slice belongs to the Node and goes with it.
/// </summary>
internal sealed class EndpointPublisher
{
    public const string Namespace = "kube-system";
    public const string Service = "kube-dns";

    private readonly DnsOptions _options;
    private readonly IKubeClient _client;
    private readonly ILister<EndpointSlice> _slices;
    private readonly WorkQueue<ObjectKey> _queue;
    private readonly ILogger _logger;
    private readonly ObjectKey _key;
    private int _port;

    public EndpointPublisher(DnsOptions options, IKubeClient client, InformerFactory informers, TimeProvider time, ILogger logger)
    {
        _options = options;
        _client = client;
        _logger = logger;
        _key = new ObjectKey(Namespace, $"{Service}-{options.NodeName}");
        _queue = new WorkQueue<ObjectKey>("dns-endpoint", time);
        _queue.Add(_key);
        var slices = informers.Get<EndpointSlice>();
        _slices = slices;
        slices.AddHandler(change =>
        {
            if (change.Key == _key)
            {
                _queue.Add(_key);
            }
        });
    }

    /// <summary>Runs until cancelled.</summary>
    /// <param name="port">The port that the server listens on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(int port, CancellationToken cancellationToken)
    {
        _port = port;
        await new ControllerLoop<ObjectKey>(_queue, PublishAsync, 1, _logger).RunAsync(cancellationToken);
        _queue.Dispose();
    }

    private async Task PublishAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var node = await _client.GetAsync<Node>(null, _options.NodeName, cancellationToken);
        var wanted = Wanted(node);
        if (_slices.Get(key) is { } live && ApiStruct.DeepEquals(live.Endpoints, wanted.Endpoints) && ApiStruct.DeepEquals(live.Ports, wanted.Ports)
            && wanted.Metadata.Labels.All(l => live.Metadata.Labels.GetValueOrDefault(l.Key) == l.Value)
            && live.Metadata.OwnerReferences is [var owner] && owner.Uid == node.Metadata.Uid)
        {
            return;
        }
        await _client.PatchAsync<EndpointSlice>(
            key.Namespace, key.Name, new Patch(PatchKind.Apply, KubeJson.Write(wanted)), new WriteOptions { FieldManager = "kobune-dns", Force = true }, cancellationToken);
    }

    private EndpointSlice Wanted(Node node)
    {
        var address = _options.Advertised;
        return new EndpointSlice
        {
            Metadata =
            {
                Name = _key.Name,
                Namespace = Namespace,
                Labels =
                {
                    ["kubernetes.io/service-name"] = Service,
                    ["endpointslice.kubernetes.io/managed-by"] = "dns.kobune.dev",
                    ["k8s-app"] = Service,
                },
                OwnerReferences = [new OwnerReference { ApiVersion = "v1", Kind = "Node", Name = node.Name, Uid = node.Metadata.Uid }],
            },
            AddressType = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4",
            Endpoints =
            [
                new Endpoint
                {
                    Addresses = [address.ToString()],
                    Conditions = new EndpointConditions { Ready = true, Serving = true, Terminating = false },
                    NodeName = _options.NodeName,
                },
            ],
            Ports =
            [
                new EndpointPort { Name = "dns", Protocol = "UDP", Port = _port },
                new EndpointPort { Name = "dns-tcp", Protocol = "TCP", Port = _port },
            ],
        };
    }
}
