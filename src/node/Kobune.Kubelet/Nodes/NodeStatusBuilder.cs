using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Admission;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Runtime;

namespace Kobune.Kubelet.Nodes;

/// <summary>What the Node object says about this machine.</summary>
internal sealed class NodeStatusBuilder(ICriRuntime runtime, ICriImages images, MachineFacts machine, SystemFacts system, KubeletOptions options, NodePressure pressure, Func<int> serverPort)
{
    private const int MaxImages = 50;
    private Dictionary<string, Quantity>? _capacity;
    private string? _runtimeVersion;

    /// <summary>The attachable volumes that Pods of this node have mounted; they are not detached meanwhile.</summary>
    public Func<IEnumerable<string>> VolumesInUse { get; set; } = static () => [];

    public async Task<Node> ObjectAsync(CancellationToken cancellation)
    {
        var node = new Node();
        node.Metadata.Name = options.NodeName;
        var labels = node.Metadata.Labels;
        labels["kubernetes.io/hostname"] = options.HostName ?? options.NodeName;
        labels["kubernetes.io/os"] = "linux";
        labels["kubernetes.io/arch"] = Architecture;
        labels["beta.kubernetes.io/os"] = "linux";
        labels["beta.kubernetes.io/arch"] = Architecture;
        foreach (var (key, value) in options.NodeLabels)
        {
            labels[key] = value;
        }

        node.Metadata.Annotations["volumes.kubernetes.io/controller-managed-attach-detach"] = "true";
        node.Spec.ProviderID = options.ProviderId ?? "";
        node.Status = await StatusAsync(node.Status, options.Time.GetUtcNow(), cancellation);
        return node;
    }

    public async Task<NodeStatus> StatusAsync(NodeStatus before, DateTimeOffset now, CancellationToken cancellation)
    {
        var status = new NodeStatus { NodeInfo = system.ToNodeInfo(await RuntimeVersionAsync(cancellation)), VolumesInUse = [.. VolumesInUse()] };
        foreach (var (name, quantity) in Capacity())
        {
            status.Capacity[name] = quantity;
        }

        foreach (var (name, quantity) in Allocatable())
        {
            status.Allocatable[name] = quantity;
        }

        foreach (var address in options.NodeAddresses)
        {
            status.Addresses.Add(new NodeAddress { Type = "InternalIP", Address = address.ToString() });
        }

        status.Addresses.Add(new NodeAddress { Type = "Hostname", Address = options.HostName ?? options.NodeName });
        status.DaemonEndpoints.KubeletEndpoint.Port = serverPort();
        await AddImagesAsync(status, cancellation);
        await AddConditionsAsync(status, before, PodConditions.Whole(now), cancellation);
        return status;
    }

    public IReadOnlyDictionary<string, Quantity> Allocatable()
    {
        var result = new Dictionary<string, Quantity>(Capacity(), StringComparer.Ordinal);
        foreach (var (name, reserved) in options.Reserved)
        {
            if (result.TryGetValue(name, out var whole))
            {
                result[name] = Quantity.Max(whole - Quantity.Parse(reserved), default);
            }
        }

        return result;
    }

    /// <summary>Equal but for the time at which conditions were last confirmed.</summary>
    public static bool SameButHeartbeat(NodeStatus a, NodeStatus b)
    {
        var copy = b.Clone();
        foreach (var condition in copy.Conditions)
        {
            condition.LastHeartbeatTime = a.Conditions.FirstOrDefault(c => c.Type == condition.Type)?.LastHeartbeatTime;
        }

        return ApiStruct.DeepEquals(a, copy);
    }

    private static string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.Arm => "arm",
        _ => "amd64",
    };

    private Dictionary<string, Quantity> Capacity()
    {
        if (_capacity is not null)
        {
            return _capacity;
        }

        Directory.CreateDirectory(options.RootDirectory);
        var disk = new DriveInfo(options.RootDirectory).TotalSize;
        return _capacity = new Dictionary<string, Quantity>(StringComparer.Ordinal)
        {
            ["cpu"] = new Quantity(machine.Cpus),
            ["memory"] = Quantity.Parse($"{machine.MemoryBytes / 1024}Ki"),
            ["pods"] = new Quantity(options.MaxPods),
            ["ephemeral-storage"] = Quantity.Parse($"{disk / 1024}Ki"),
            ["hugepages-1Gi"] = default,
            ["hugepages-2Mi"] = default,
        };
    }

    private async Task<string> RuntimeVersionAsync(CancellationToken cancellation)
    {
        if (_runtimeVersion is null)
        {
            var version = await runtime.VersionAsync(cancellation);
            _runtimeVersion = $"{version.RuntimeName}://{version.RuntimeVersion}";
        }

        return _runtimeVersion;
    }

    private async Task AddImagesAsync(NodeStatus status, CancellationToken cancellation)
    {
        foreach (var image in (await images.ListImagesAsync(null, cancellation)).OrderByDescending(i => i.Size).ThenBy(i => i.Id, StringComparer.Ordinal).Take(MaxImages))
        {
            status.Images.Add(new ContainerImage { Names = [.. image.RepoDigests, .. image.RepoTags], SizeBytes = (long)image.Size });
        }
    }

    private async Task AddConditionsAsync(NodeStatus status, NodeStatus before, DateTimeOffset now, CancellationToken cancellation)
    {
        Put("MemoryPressure", pressure.Memory, pressure.Memory ? "KubeletHasInsufficientMemory" : "KubeletHasSufficientMemory",
            pressure.Memory ? "kubelet has insufficient memory available" : "kubelet has sufficient memory available");
        Put("DiskPressure", pressure.Disk, pressure.Disk ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure",
            pressure.Disk ? "kubelet has disk pressure" : "kubelet has no disk pressure");
        Put("PIDPressure", pressure.Pids, pressure.Pids ? "KubeletHasInsufficientPID" : "KubeletHasSufficientPID",
            pressure.Pids ? "kubelet has insufficient PID available" : "kubelet has sufficient PID available");
        var problem = await ReadinessProblemAsync(cancellation);
        Put("Ready", problem is null, problem is null ? "KubeletReady" : "KubeletNotReady", problem ?? "kubelet is posting ready status");

        void Put(string type, bool value, string reason, string message)
        {
            var text = value ? "True" : "False";
            var old = before.Conditions.FirstOrDefault(c => c.Type == type);
            status.Conditions.Add(new NodeCondition
            {
                Type = type,
                Status = text,
                Reason = reason,
                Message = message,
                LastHeartbeatTime = now,
                LastTransitionTime = old?.Status == text ? old.LastTransitionTime : now,
            });
        }
    }

    private async Task<string?> ReadinessProblemAsync(CancellationToken cancellation)
    {
        try
        {
            var answer = await runtime.StatusAsync(verbose: false, cancellation);
            foreach (var condition in answer.Status.Conditions.Where(c => !c.Status))
            {
                return condition.Type == "NetworkReady"
                    ? $"container runtime network not ready: NetworkReady=false reason:{condition.Reason} message:{condition.Message}"
                    : $"container runtime not ready: {condition.Type}=false reason:{condition.Reason} message:{condition.Message}";
            }

            return null;
        }
        catch (Exception e) when (e is RpcException or SocketException)
        {
            return $"container runtime is down: {e.Message}";
        }
    }
}
