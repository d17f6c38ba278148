using System.Collections.Concurrent;
using Google.Protobuf;
using Kobune.Cri.Csi;
using Kobune.Cri.Grpc;
using Kobune.Cri.Registration;
using Microsoft.Extensions.Logging.Abstractions;
using NodeRpc = Kobune.Cri.Csi.NodeServiceCapability.Types.RPC.Types.Type;

namespace Kobune.Testing.FakeCsi;

/// <summary>
/// A CSI driver on real sockets: announces itself in a kubelet's registry directory and notes every call. Publishing makes the
/// target a directory, without a mount, so that tests need no rights.
/// </summary>
public sealed class FakeCsiDriver : IAsyncDisposable
{
    private readonly List<GrpcServer> _servers = [];
    private readonly List<string> _sockets = [];

    private FakeCsiDriver(string name) => Name = name;

    public string Name { get; }

    /// <summary>The calls in their order, as method and request.</summary>
    public ConcurrentQueue<(string Method, IMessage Request)> Calls { get; } = new();

    /// <summary>What the kubelet answered to the registration; completes when it did.</summary>
    public TaskCompletionSource<RegistrationStatus> Registered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>When set, publishing fails with this.</summary>
    public string? Failure { get; set; }

    public IEnumerable<T> Of<T>() where T : IMessage => Calls.Select(c => c.Request).OfType<T>();

    /// <param name="root">The kubelet's root directory.</param>
    /// <param name="name">Of the driver.</param>
    public static async Task<FakeCsiDriver> StartAsync(string root, string name, CancellationToken cancellation)
    {
        var driver = new FakeCsiDriver(name);
        var endpoint = Path.Combine(Directory.CreateDirectory(Path.Combine(root, "plugins", name)).FullName, "csi.sock");
        await driver.ServeAsync(endpoint, driver.NodeService(), cancellation);
        var registration = new GrpcMethods()
            .Unary("/pluginregistration.Registration/GetInfo", InfoRequest.Parser, (_, _) => Task.FromResult(
                new PluginInfo { Type = "CSIPlugin", Name = name, Endpoint = endpoint, SupportedVersions = { "1.0.0" } }))
            .Unary("/pluginregistration.Registration/NotifyRegistrationStatus", RegistrationStatus.Parser, (status, _) =>
            {
                driver.Registered.TrySetResult(status);
                return Task.FromResult(new RegistrationStatusResponse());
            });
        Directory.CreateDirectory(Path.Combine(root, "plugins_registry"));
        await driver.ServeAsync(Path.Combine(root, "plugins_registry", name + "-reg.sock"), registration, cancellation);
        return driver;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        foreach (var socket in _sockets)
        {
            File.Delete(socket);
        }
    }

    private async Task ServeAsync(string socket, GrpcMethods methods, CancellationToken cancellation)
    {
        _servers.Add(await GrpcServer.StartAsync(socket, methods, NullLoggerFactory.Instance, cancellation));
        _sockets.Add(socket);
    }

    private GrpcMethods NodeService()
    {
        var capabilities = new NodeGetCapabilitiesResponse { Capabilities = { new NodeServiceCapability { Rpc = new() { Type = NodeRpc.StageUnstageVolume } } } };
        var info = new NodeGetInfoResponse { NodeId = "node-as-" + Name, MaxVolumesPerNode = 7, AccessibleTopology = new Topology { Segments = { ["topology.fake/zone"] = "z1" } } };
        return new GrpcMethods()
            .Unary("/csi.v1.Node/NodeGetInfo", NodeGetInfoRequest.Parser, (r, _) => Answer("NodeGetInfo", r, info))
            .Unary("/csi.v1.Node/NodeGetCapabilities", NodeGetCapabilitiesRequest.Parser, (r, _) => Answer("NodeGetCapabilities", r, capabilities))
            .Unary("/csi.v1.Node/NodeStageVolume", NodeStageVolumeRequest.Parser, (r, _) => Answer("NodeStageVolume", r, new NodeStageVolumeResponse()))
            .Unary("/csi.v1.Node/NodeUnstageVolume", NodeUnstageVolumeRequest.Parser, (r, _) => Answer("NodeUnstageVolume", r, new NodeUnstageVolumeResponse()))
            .Unary("/csi.v1.Node/NodePublishVolume", NodePublishVolumeRequest.Parser, (r, _) =>
            {
                if (Failure is { } failure)
                {
                    throw new RpcException(StatusCode.Internal, failure);
                }

                Directory.CreateDirectory(r.TargetPath);
                return Answer("NodePublishVolume", r, new NodePublishVolumeResponse());
            })
            .Unary("/csi.v1.Node/NodeUnpublishVolume", NodeUnpublishVolumeRequest.Parser, (r, _) =>
            {
                if (Directory.Exists(r.TargetPath))
                {
                    Directory.Delete(r.TargetPath);
                }

                return Answer("NodeUnpublishVolume", r, new NodeUnpublishVolumeResponse());
            });
    }

    private Task<T> Answer<T>(string method, IMessage request, T answer)
    {
        Calls.Enqueue((method, request));
        return Task.FromResult(answer);
    }
}
