using System.Net;
using System.Net.Sockets;
using Kobune.Client;
using Kobune.Dns.Forwarding;
using Kobune.Dns.Serving;
using Kobune.Dns.Wire;
using Kobune.Dns.Zones;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Dns;

/// <summary>
/// The cluster's DNS server on one node. It listens once it knows every Service, so that it never denies a name that
/// exists, and then makes itself an endpoint of Service kube-system/kube-dns.
/// </summary>
public sealed partial class ClusterDns
{
    private readonly DnsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ZoneFeed _feed;
    private readonly Responder _responder;
    private readonly EndpointPublisher _publisher;
    private readonly TaskCompletionSource<IPEndPoint> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="options">Where it listens and what for.</param>
    /// <param name="client">Writes the node's own EndpointSlice of kube-dns; the identity of the node may.</param>
    /// <param name="informers">Services, EndpointSlices and Namespaces come from here; whoever made it starts it.</param>
    /// <param name="time">The clock and all timers.</param>
    /// <param name="loggers">Where to log.</param>
    public ClusterDns(DnsOptions options, IKubeClient client, InformerFactory informers, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger("Kobune.Dns");
        var data = new ZoneData();
        _feed = new ZoneFeed(data, informers);
        var resolvers = new ResolverFile(options.ResolvConf, a => a.Equals(options.ServiceAddress) || a.Equals(options.Listen.Address));
        _responder = new Responder(
            new ClusterZone(data, DnsName.Parse(options.Domain), () => options.ServiceAddress),
            new Forwarder(resolvers.Servers, new SocketUpstream(), new AnswerCache(time), time),
            () => _feed.Synced.IsCompletedSuccessfully);
        _publisher = new EndpointPublisher(options, client, informers, time, _logger);
    }

    /// <summary>Completes with the address when it answers.</summary>
    public Task<IPEndPoint> Listening => _listening.Task;

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="InvalidOperationException">The address is taken.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await _feed.Synced.WaitAsync(cancellationToken);
        using var udp = Listen(() => new UdpListener(_options.Listen, _responder));
        using var tcp = Listen(() => new Serving.TcpListener(udp.LocalEndPoint, _responder, _time));
        LogListening(_options.Domain, udp.LocalEndPoint);
        _listening.TrySetResult(udp.LocalEndPoint);
        await Task.WhenAll(udp.RunAsync(cancellationToken), udp.RunAsync(cancellationToken), tcp.RunAsync(cancellationToken), _publisher.RunAsync(udp.LocalEndPoint.Port, cancellationToken));
    }

    private T Listen<T>(Func<T> open)
    {
        try
        {
            return open();
        }
        catch (SocketException e)
        {
            var error = new InvalidOperationException($"the cluster's DNS server cannot listen on {_options.Listen}: {e.Message}", e);
            _listening.TrySetException(error);
            throw error;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "DNS for {Domain} on {Address}")]
    private partial void LogListening(string domain, IPEndPoint address);
}
