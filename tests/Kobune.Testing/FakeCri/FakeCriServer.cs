using Kobune.Cri;
using Kobune.Cri.Events;
using Kobune.Cri.Grpc;
using Kobune.Cri.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Testing.FakeCri;

/// <summary>
/// A container runtime without containers: CRI v1 on a real unix socket, state in memory, behaviour from
/// <see cref="Script"/>, time from the injected clock. It offers CRI events and not containerd's.
/// </summary>
public sealed class FakeCriServer : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fakecri-");
    private readonly FakeEvents _events = new();
    private readonly FakeImages _images;
    private readonly FakeRuntime _runtime;
    private GrpcServer _server = null!;

    private FakeCriServer(FakeCriScript script, TimeProvider time)
    {
        Script = script;
        _images = new FakeImages(script, time);
        _runtime = new FakeRuntime(script, _images, _events, time);
        Channel = GrpcChannel.ForUnixSocket(Socket, time);
        Client = new CriClient(Channel);
        Events = new RuntimeEvents(Client, Channel, time, NullLogger<RuntimeEvents>.Instance);
    }

    public static async Task<FakeCriServer> StartAsync(FakeCriScript script, TimeProvider time, CancellationToken cancellation)
    {
        var fake = new FakeCriServer(script, time);
        await fake.ListenAsync(cancellation);
        return fake;
    }

    public FakeCriScript Script { get; }

    public FakeCallLog Calls { get; } = new();

    public string Socket => Path.Combine(_directory.FullName, "cri.sock");

    /// <summary>A connection of the fake's own, for tests that need no other.</summary>
    public GrpcChannel Channel { get; }

    public CriClient Client { get; }

    public IRuntimeEvents Events { get; }

    /// <summary>Streams of container events that are open now.</summary>
    public int EventSubscribers => _events.Subscribers;

    /// <summary>False makes Status report that the network is not ready.</summary>
    public bool NetworkReady
    {
        get => _runtime.NetworkReady;
        set => _runtime.NetworkReady = value;
    }

    /// <summary>What Exec, Attach and PortForward answer: a URL made from "exec", "attach" or "portforward" and the id.</summary>
    public Func<string, string, string> StreamingUrl
    {
        get => _runtime.StreamingUrl;
        set => _runtime.StreamingUrl = value;
    }

    public IReadOnlyList<ContainerStatus> Containers => _runtime.Containers;

    public IReadOnlyList<PodSandboxStatus> Sandboxes => _runtime.Sandboxes;

    /// <summary>Puts an image on the node without a pull; returns its id.</summary>
    public string AddImage(string name) => _images.Add(name).Id;

    /// <summary>A container's process exits by itself.</summary>
    public void Exit(string containerId, int exitCode, string? reason = null) => _runtime.Exit(containerId, exitCode, reason);

    /// <summary>The sandbox's process dies, and with it the network; its containers go on until they are stopped.</summary>
    public void KillSandbox(string sandboxId) => _runtime.KillSandbox(sandboxId);

    /// <summary>Ends all event streams; subscribers have to come back.</summary>
    public void InterruptEvents() => _events.Interrupt();

    /// <summary>The runtime goes away and comes back with all its state, as containerd does.</summary>
    public async Task RestartAsync(CancellationToken cancellation)
    {
        _events.Interrupt();
        await _server.DisposeAsync();
        await ListenAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        _events.Interrupt();
        await _server.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        var methods = new GrpcMethods();
        _images.Register(methods, Calls);
        _runtime.Register(methods, Calls);
        _server = await GrpcServer.StartAsync(Socket, methods, NullLoggerFactory.Instance, cancellation);
    }
}
