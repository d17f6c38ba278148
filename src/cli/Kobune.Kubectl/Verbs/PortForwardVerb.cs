using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Client.Streaming;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl port-forward.</summary>
internal static class PortForwardVerb
{
    public static readonly Command Definition = new("port-forward", "Forward one or more local ports to a pod")
    {
        Usage = "TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
        Long = "Forward one or more local ports to a pod. With a deployment or service a pod of it is chosen; the forwarding ends when that pod ends.",
        Examples = """
            # Local port 8080 to port 80 of a pod
            kubectl port-forward pod/web 8080:80

            # The same port here and there, through a service
            kubectl port-forward service/web 8080

            # Any free port here
            kubectl port-forward pod/web :80

            # On all addresses of this machine
            kubectl port-forward --address 0.0.0.0 pod/web 8888:80
            """,
        Flags =
        [
            Flag.List("address", "Addresses to listen on: IP addresses or \"localhost\".", value: "localhost"),
            Flag.Duration("pod-running-timeout", "How long to wait for a pod of the resource.", "1m0s"),
        ],
        Run = RunAsync,
    };

    private sealed record Forward(int Local, int Remote);

    private static async Task<int> RunAsync(Invocation i)
    {
        if (i.Arguments.Count < 2)
        {
            throw CommandException.Usage(i, "TYPE/NAME and list of ports are required for port-forward");
        }

        var item = await ResourceArguments.OneAsync(i, [i.Arguments[0]], "pods").ConfigureAwait(false);
        var pod = await PodResolver.OneAsync(i, i.Arguments[0]).ConfigureAwait(false);
        if (pod.Text("status", "phase") != "Running")
        {
            throw new CommandException($"unable to forward port because pod is not running. Current status={pod.Text("status", "phase")}");
        }

        var service = item.Mapping.Kind == "Service" ? await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false) : null;
        var forwards = i.Arguments.Skip(1).Select(text => Parse(text, pod, service)).ToArray();
        var path = ApiPaths.Resource("", "v1", "pods", pod.Namespace(), pod.Name(), "portforward");
        await using var client = new PortForwardClient(await ConnectAsync(i, path).ConfigureAwait(false));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(i.Cancellation, client.Disconnected);
        var listeners = Listen(i, forwards);
        try
        {
            await i.Out.FlushAsync(i.Cancellation).ConfigureAwait(false);
            await Task.WhenAll(listeners.Select(l => AcceptAsync(i, client, l.Listener, l.Forward, ended.Token))).ConfigureAwait(false);
        }
        finally
        {
            foreach (var (listener, _) in listeners)
            {
                listener.Dispose();
            }
        }

        return i.Cancellation.IsCancellationRequested ? 0 : throw new CommandException("lost connection to pod");
    }

    private static async Task<UpgradedConnection> ConnectAsync(Invocation i, string path)
    {
        try
        {
            return await i.Cluster.Transport.UpgradeAsync(path, UpgradeTransport.WebSocket, [StreamProtocols.TunneledPortForward], i.Cancellation).ConfigureAwait(false);
        }
        catch (UpgradeRefusedException)
        {
            return await i.Cluster.Transport.UpgradeAsync(path, UpgradeTransport.Spdy, [StreamProtocols.PortForward], i.Cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>"8080:80", "80", ":80", "8080:http"; with a service the remote port is the service's, mapped to the pod's.</summary>
    private static Forward Parse(string text, JsonObject pod, JsonObject? service)
    {
        var parts = text.Split(':');
        if (parts.Length > 2 || parts[^1].Length == 0)
        {
            throw new CommandException($"invalid port format '{text}'");
        }

        var remote = parts[^1];
        var remotePort = service is null ? PodPort(remote, pod) : ServicePort(remote, service, pod);
        var local = parts.Length == 1 ? (int.TryParse(remote, out var same) ? same : remotePort) : parts[0].Length == 0 ? 0 : Number(parts[0]);
        return new Forward(local, remotePort);
    }

    private static int Number(string text) => int.TryParse(text, out var port) && port is >= 0 and <= 65535
        ? port
        : throw new CommandException($"error parsing local port '{text}': strconv.ParseUint: parsing {GoText.Quote(text)}: invalid syntax");

    private static int PodPort(string text, JsonObject pod) => int.TryParse(text, out var port)
        ? port
        : (int)(pod.Objects("spec", "containers").SelectMany(c => c.Objects("ports")).FirstOrDefault(p => p.Text("name") == text)?.Long("containerPort")
            ?? throw new CommandException($"Pod '{pod.Name()}' does not have a named port '{text}'"));

    private static int ServicePort(string text, JsonObject service, JsonObject pod)
    {
        var port = service.Objects("spec", "ports").FirstOrDefault(p => p.Text("port") == text || p.Text("name") == text)
            ?? throw new CommandException($"Service {service.Name()} does not have a service port {text}");
        var target = port.TextOrNull("targetPort");
        return service.Text("spec", "clusterIP") == "None" && target is null ? (int)port.Long("port") : PodPort(target is null or "0" ? port.Text("port") : target, pod);
    }

    private static List<(Socket Listener, Forward Forward)> Listen(Invocation i, IReadOnlyList<Forward> forwards)
    {
        var listeners = new List<(Socket, Forward)>();
        var failures = new List<string>();
        foreach (var forward in forwards)
        {
            var before = listeners.Count;
            var bound = 0;
            foreach (var address in i.Flags.List("address").SelectMany(Addresses))
            {
                var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    // The second address of localhost takes the port that the first was given.
                    socket.Bind(new IPEndPoint(address, forward.Local == 0 ? bound : forward.Local));
                    socket.Listen();
                    bound = ((IPEndPoint)socket.LocalEndPoint!).Port;
                    listeners.Add((socket, forward));
                    i.Out.WriteLine($"Forwarding from {socket.LocalEndPoint} -> {forward.Remote}");
                }
                catch (SocketException e)
                {
                    socket.Dispose();
                    failures.Add($"unable to listen on port {forward.Local}: Listeners failed to create with the following errors: [unable to create listener: Error listen {(address.AddressFamily == AddressFamily.InterNetwork ? "tcp4" : "tcp6")} {new IPEndPoint(address, forward.Local)}: bind: {Reason(e)}]");
                }
            }

            if (listeners.Count == before)
            {
                i.Error.WriteLine(failures.FirstOrDefault() is { } f ? char.ToUpperInvariant(f[0]) + f[1..] : "");
                throw new CommandException($"unable to listen on any of the requested ports: [{{{forward.Local} {forward.Remote}}}]");
            }
        }

        return listeners;
    }

    private static string Reason(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "address already in use",
        SocketError.AccessDenied => "permission denied",
        SocketError.AddressNotAvailable => "cannot assign requested address",
        _ => e.Message,
    };

    private static IEnumerable<IPAddress> Addresses(string text) => text == "localhost"
        ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
        : [IPAddress.TryParse(text, out var address) ? address : throw new CommandException($"invalid address: {text} is not a valid IP")];

    private static async Task AcceptAsync(Invocation i, PortForwardClient client, Socket listener, Forward forward, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync(ended).ConfigureAwait(false);
                i.Out.WriteLine($"Handling connection for {((IPEndPoint)listener.LocalEndPoint!).Port}");
                await i.Out.FlushAsync(ended).ConfigureAwait(false);
                _ = ServeAsync(i, client, socket, forward, ended);
            }
        }
        catch (OperationCanceledException)
        {
            // The user, or the Pod, has ended it.
        }
    }

    private static async Task ServeAsync(Invocation i, PortForwardClient client, Socket socket, Forward forward, CancellationToken ended)
    {
        using var owned = socket;
        try
        {
            await using var connection = await client.OpenAsync(forward.Remote, ended).ConfigureAwait(false);
            var error = connection.ReadErrorAsync(ended);
            var stream = new NetworkStream(socket);
            var up = UpAsync(stream, connection.Data, ended);
            await connection.Data.CopyToAsync(stream, ended).ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Send);
            await Task.WhenAny(up, error).ConfigureAwait(false);
            if (await error.ConfigureAwait(false) is { } message)
            {
                i.Error.WriteLine($"error: an error occurred forwarding {((IPEndPoint)socket.LocalEndPoint!).Port} -> {forward.Remote}: error forwarding port {forward.Remote} to pod: {message.Trim()}");
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // This connection is over; the forwarding goes on.
        }
    }

    private static async Task UpAsync(Stream from, Stream to, CancellationToken ended)
    {
        await from.CopyToAsync(to, ended).ConfigureAwait(false);
        if (to is IHalfClose half)
        {
            await half.CloseWriteAsync(ended).ConfigureAwait(false);
        }
    }
}
