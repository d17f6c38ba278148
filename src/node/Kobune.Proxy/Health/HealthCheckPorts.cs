using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Kobune.Proxy.Services;
using Microsoft.Extensions.Logging;

namespace Kobune.Proxy.Health;

/// <summary>
/// The health check node ports of Services with externalTrafficPolicy Local: a load balancer asks each node whether it has an
/// endpoint (200) or not (503).
/// </summary>
internal sealed partial class HealthCheckPorts(ILogger logger) : IAsyncDisposable
{
    private readonly Dictionary<string, (int Port, SmallHttpServer? Server)> _servers = [];
    private readonly Dictionary<string, int> _endpoints = [];
    private readonly Lock _gate = new();
    private readonly List<Task> _closing = [];

    /// <summary>Makes the port of a Service what its plan says.</summary>
    public void Set(string key, ServicePlan? plan)
    {
        var port = plan?.HealthCheckPort ?? 0;
        lock (_gate)
        {
            _endpoints[key] = plan?.LocalEndpoints ?? 0;
        }
        if (_servers.TryGetValue(key, out var there) && there.Port != port)
        {
            _servers.Remove(key);
            if (there.Server is not null)
            {
                _closing.Add(there.Server.DisposeAsync().AsTask());
            }
        }
        if (port != 0 && !_servers.ContainsKey(key))
        {
            _servers[key] = (port, Open(key, port));
        }
        if (port == 0)
        {
            lock (_gate)
            {
                _endpoints.Remove(key);
            }
        }
        _closing.RemoveAll(t => t.IsCompleted);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, server) in _servers.Values)
        {
            await (server?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
        await Task.WhenAll(_closing);
    }

    private SmallHttpServer? Open(string key, int port)
    {
        try
        {
            return new SmallHttpServer(new IPEndPoint(IPAddress.Any, port), _ => Answer(key));
        }
        catch (SocketException e)
        {
            LogTaken(logger, port, key, e.Message);
            return null;
        }
    }

    private SmallHttpAnswer Answer(string key)
    {
        int count;
        lock (_gate)
        {
            count = _endpoints.GetValueOrDefault(key);
        }
        var names = key.Split('/');
        var body = $$"""
            {
            	"service": {
            		"namespace": "{{names[0]}}",
            		"name": "{{names[1]}}"
            	},
            	"localEndpoints": {{count}},
            	"serviceProxyHealthy": true
            }
            """;
        return new SmallHttpAnswer(count > 0 ? 200 : 503, "application/json", body)
        {
            Headers = new Dictionary<string, string> { ["X-Content-Type-Options"] = "nosniff", ["X-Load-Balancing-Endpoint-Weight"] = count.ToString(CultureInfo.InvariantCulture) },
        };
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot listen on health check port {Port} of {Service}: {Reason}")]
    private static partial void LogTaken(ILogger logger, int port, string service, string reason);
}
