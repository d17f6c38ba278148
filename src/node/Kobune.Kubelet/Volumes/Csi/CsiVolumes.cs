using Google.Protobuf.Collections;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Storage.V1;
using Kobune.Client;
using Kobune.Cri.Csi;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Native;
using Kobune.Kubelet.Pods.Decision;
using Modes = Kobune.Cri.Csi.VolumeCapability.Types.AccessMode.Types.Mode;
using NodeRpc = Kobune.Cri.Csi.NodeServiceCapability.Types.RPC.Types.Type;

namespace Kobune.Kubelet.Volumes.Csi;

/// <summary>
/// Volumes of CSI drivers: waits until they are attached, has them staged once a node and published once a Pod, and undoes
/// both. Every call may be repeated; what to undo is on disk (<see cref="CsiVolumeData"/>), not in memory.
/// </summary>
internal sealed class CsiVolumes(
    CsiDrivers drivers, KubeletPaths paths, KubeletOptions options, IKubeClient client, ServiceAccountTokens tokens)
{
    private const int Looks = 40;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);

    // One at a time: staging by one Pod and unstaging after another must not cross.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <exception cref="VolumeException">With the driver's reason.</exception>
    public async Task<MountedVolume> SetUpAsync(PodView pod, CsiSource source, CancellationToken cancellation)
    {
        try
        {
            var about = await client.FindAsync<CSIDriver>(null, source.Driver, cancellation);
            CheckMode(source, about);
            var published = source.IsInline || about?.Spec.AttachRequired == false ? [] : await AttachedAsync(source, cancellation);
            var driver = drivers.Find(source.Driver)
                ?? throw new VolumeException(source.Name, $"kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name {source.Driver} not found in the list of registered CSI drivers");
            await _turn.WaitAsync(cancellation);
            try
            {
                return await MountAsync(pod, source, about, driver, published, cancellation);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (RpcException e)
        {
            throw new VolumeException(source.Name, $"rpc error: code = {e.StatusCode} desc = {e.Message}");
        }
    }

    /// <summary>Unpublishes every CSI volume of a Pod, and unstages those that no other Pod of the node has.</summary>
    public async Task TearDownAsync(string podUid, CancellationToken cancellation)
    {
        var parent = Path.Combine(paths.Volumes(podUid), "kubernetes.io~csi");
        if (!Directory.Exists(parent))
        {
            return;
        }

        await _turn.WaitAsync(cancellation);
        try
        {
            foreach (var directory in Directory.GetDirectories(parent))
            {
                if (CsiVolumeData.Read(directory) is { } data)
                {
                    await TakeDownAsync(directory, data, cancellation);
                }
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The attachable volumes that Pods have, as a Node's status names them.</summary>
    public IEnumerable<string> InUse() => drivers.Any
        ? Published().Where(d => d.Mode == "Persistent").Select(d => $"kubernetes.io/csi/{d.Driver}^{d.Handle}").Distinct().Order(StringComparer.Ordinal)
        : [];

    private static void CheckMode(CsiSource source, CSIDriver? about)
    {
        var wanted = source.IsInline ? "Ephemeral" : "Persistent";
        if (about is null ? source.IsInline : !about.Spec.VolumeLifecycleModes.Contains(wanted))
        {
            throw new VolumeException(source.Name, $"kubernetes.io/csi: mounter.SetUpAt failed to check volume lifecycle mode: volume mode \"{wanted}\" not supported by driver {source.Driver} (no CSIDriver object)");
        }
    }

    private async Task<Dictionary<string, string>> AttachedAsync(CsiSource source, CancellationToken cancellation)
    {
        var name = source.AttachmentTo(options.NodeName);
        for (var look = 1; ; look++)
        {
            var attachment = await client.FindAsync<VolumeAttachment>(null, name, cancellation);
            if (attachment?.Status.Attached == true)
            {
                return attachment.Status.AttachmentMetadata;
            }

            if (look == Looks)
            {
                throw new VolumeException(source.Name, $"volume attachment {name} is not attached yet{(attachment?.Status.AttachError is { } error ? ": " + error.Message : "")}");
            }

            await Task.Delay(Between, options.Time, cancellation);
        }
    }

    private async Task<MountedVolume> MountAsync(
        PodView pod, CsiSource source, CSIDriver? about, CsiDriverClient driver, Dictionary<string, string> published, CancellationToken cancellation)
    {
        var directory = paths.Volume(pod.Uid, "csi", source.Name);
        Directory.CreateDirectory(directory);
        new CsiVolumeData(source.Driver, source.Handle, source.Name, options.NodeName, source.AttachmentTo(options.NodeName), source.IsInline ? "Ephemeral" : "Persistent").Write(directory);
        var can = await driver.CapabilitiesAsync(cancellation);
        var capability = Capability(pod, source, can);
        var staged = "";
        if (!source.IsInline && can.Contains(NodeRpc.StageUnstageVolume))
        {
            staged = StagingPath(source.Driver, source.Handle);
            Directory.CreateDirectory(source.IsBlock ? Path.GetDirectoryName(staged)! : staged);
            var request = new NodeStageVolumeRequest { VolumeId = source.Handle, StagingTargetPath = staged, VolumeCapability = capability };
            Fill(request.PublishContext, published);
            Fill(request.VolumeContext, source.Attributes);
            Fill(request.Secrets, await SecretAsync(source, source.StageSecret, cancellation));
            await driver.StageAsync(request, cancellation);
        }

        var target = Path.Combine(directory, "mount");
        var publish = new NodePublishVolumeRequest
        {
            VolumeId = source.Handle,
            StagingTargetPath = staged,
            TargetPath = target,
            VolumeCapability = capability,
            Readonly = source.ReadOnly,
        };
        Fill(publish.PublishContext, published);
        Fill(publish.VolumeContext, source.Attributes);
        Fill(publish.Secrets, await SecretAsync(source, source.PublishSecret, cancellation));
        await AddPodInfoAsync(pod, source, about, publish, cancellation);
        await driver.PublishAsync(publish, cancellation);
        SetOwner(pod, source, about, can, target);
        return new MountedVolume(target, ReadOnly: source.ReadOnly, IsDevice: source.IsBlock);
    }

    private static VolumeCapability Capability(PodView pod, CsiSource source, IReadOnlySet<NodeRpc> can)
    {
        var result = new VolumeCapability { AccessMode = new() { Mode = ModeOf(source, can.Contains(NodeRpc.SingleNodeMultiWriter)) } };
        if (source.IsBlock)
        {
            result.Block = new();
            return result;
        }

        result.Mount = new() { FsType = source.FsType, MountFlags = { source.MountOptions } };
        if (can.Contains(NodeRpc.VolumeMountGroup) && pod.Pod.Spec.SecurityContext?.FsGroup is { } group)
        {
            result.Mount.VolumeMountGroup = group.ToString(null, null);
        }

        return result;
    }

    private static Modes ModeOf(CsiSource source, bool tellsWriters) => source.AccessModes.FirstOrDefault() switch
    {
        "ReadWriteMany" => Modes.MultiNodeMultiWriter,
        "ReadOnlyMany" => Modes.MultiNodeReaderOnly,
        "ReadWriteOncePod" => tellsWriters ? Modes.SingleNodeSingleWriter : Modes.SingleNodeWriter,
        _ => tellsWriters ? Modes.SingleNodeMultiWriter : Modes.SingleNodeWriter,
    };

    private async Task AddPodInfoAsync(PodView pod, CsiSource source, CSIDriver? about, NodePublishVolumeRequest publish, CancellationToken cancellation)
    {
        if (about?.Spec.PodInfoOnMount == true)
        {
            publish.VolumeContext["csi.storage.k8s.io/pod.name"] = pod.Name;
            publish.VolumeContext["csi.storage.k8s.io/pod.namespace"] = pod.Namespace;
            publish.VolumeContext["csi.storage.k8s.io/pod.uid"] = pod.Uid;
            publish.VolumeContext["csi.storage.k8s.io/serviceAccount.name"] = pod.Pod.Spec.ServiceAccountName;
            publish.VolumeContext["csi.storage.k8s.io/ephemeral"] = source.IsInline ? "true" : "false";
        }

        if (about?.Spec.TokenRequests is { Count: > 0 } requests)
        {
            var held = new List<string>();
            foreach (var request in requests)
            {
                var projection = new ServiceAccountTokenProjection { Audience = request.Audience, ExpirationSeconds = request.ExpirationSeconds, Path = "csi/" + source.Driver };
                var (token, expires) = await tokens.GetWithExpiryAsync(pod, projection, cancellation);
                held.Add($"\"{request.Audience}\":{{\"token\":\"{token}\",\"expirationTimestamp\":\"{expires.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}\"}}");
            }

            var to = about.Spec.ServiceAccountTokenInSecrets == true ? publish.Secrets : publish.VolumeContext;
            to["csi.storage.k8s.io/serviceAccount.tokens"] = "{" + string.Join(',', held) + "}";
        }
    }

    private static void SetOwner(PodView pod, CsiSource source, CSIDriver? about, IReadOnlySet<NodeRpc> can, string target)
    {
        if (source.IsBlock || source.ReadOnly || can.Contains(NodeRpc.VolumeMountGroup) || pod.Pod.Spec.SecurityContext is not { FsGroup: { } group } context)
        {
            return;
        }

        var may = about?.Spec.FsGroupPolicy switch
        {
            "None" => false,
            "File" => true,
            _ => source.FsType.Length > 0 && source.AccessModes.Any(m => m is "ReadWriteOnce" or "ReadWriteOncePod"),
        };
        if (may)
        {
            Ownership.Apply(target, (uint)group, readOnly: false, context.FsGroupChangePolicy);
        }
    }

    private async Task TakeDownAsync(string directory, CsiVolumeData data, CancellationToken cancellation)
    {
        var driver = drivers.Find(data.Driver)
            ?? throw new VolumeException(data.Volume, $"driver name {data.Driver} not found in the list of registered CSI drivers");
        var target = Path.Combine(directory, "mount");
        await driver.UnpublishAsync(new NodeUnpublishVolumeRequest { VolumeId = data.Handle, TargetPath = target }, cancellation);
        Directory.Delete(directory, recursive: !Mounts.IsMountPoint(target));
        var staged = StagingPath(data.Driver, data.Handle);
        if (data.Mode == "Persistent" && Directory.Exists(Path.GetDirectoryName(staged)) && !IsUsedElsewhere(data))
        {
            if ((await driver.CapabilitiesAsync(cancellation)).Contains(NodeRpc.StageUnstageVolume))
            {
                await driver.UnstageAsync(new NodeUnstageVolumeRequest { VolumeId = data.Handle, StagingTargetPath = staged }, cancellation);
            }

            Directory.Delete(Path.GetDirectoryName(staged)!, recursive: !Mounts.IsMountPoint(staged));
        }
    }

    private bool IsUsedElsewhere(CsiVolumeData data) => Published().Any(d => d.Driver == data.Driver && d.Handle == data.Handle);

    private IEnumerable<CsiVolumeData> Published() =>
        Below(paths.Pods).SelectMany(p => Below(Path.Combine(p, "volumes", "kubernetes.io~csi"))).Select(CsiVolumeData.Read).OfType<CsiVolumeData>();

    // Pods come and go while this looks around.
    private static string[] Below(string directory)
    {
        try
        {
            return Directory.GetDirectories(directory);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private string StagingPath(string driver, string handle) =>
        Path.Combine(options.RootDirectory, "plugins", "kubernetes.io", "csi", driver, CsiSource.Hash(handle), "globalmount");

    private async Task<IReadOnlyDictionary<string, string>> SecretAsync(CsiSource source, (string Namespace, string Name)? reference, CancellationToken cancellation)
    {
        if (reference is not { } named)
        {
            return new Dictionary<string, string>();
        }

        try
        {
            var secret = await client.GetAsync<Secret>(named.Namespace, named.Name, cancellation);
            return secret.Data.ToDictionary(p => p.Key, p => System.Text.Encoding.UTF8.GetString(p.Value), StringComparer.Ordinal);
        }
        catch (KubeStatusException e)
        {
            throw new VolumeException(source.Name, $"failed to get secret {named.Namespace}/{named.Name}: {e.Message}");
        }
    }

    private static void Fill(MapField<string, string> target, IReadOnlyDictionary<string, string> from)
    {
        foreach (var (key, value) in from)
        {
            target[key] = value;
        }
    }
}
