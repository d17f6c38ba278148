using Kobune.Cri.V1;

namespace Kobune.Testing.FakeCri;

/// <summary>A sandbox's state; guarded by the lock of <see cref="FakeRuntime"/>.</summary>
internal sealed class FakeSandbox
{
    internal required string Id { get; init; }
    internal required PodSandboxConfig Config { get; init; }
    internal required string RuntimeHandler { get; init; }
    internal required IReadOnlyList<string> IPs { get; init; }
    internal required long CreatedAt { get; init; }
    internal PodSandboxState State { get; set; } = PodSandboxState.SandboxReady;

    internal PodSandbox ToListed() => new()
    {
        Id = Id,
        Metadata = Config.Metadata.Clone(),
        State = State,
        CreatedAt = CreatedAt,
        Labels = { Config.Labels },
        Annotations = { Config.Annotations },
        RuntimeHandler = RuntimeHandler,
    };

    internal PodSandboxStatus ToStatus()
    {
        var network = new PodSandboxNetworkStatus();
        if (State == PodSandboxState.SandboxReady && IPs.Count > 0)
        {
            network.Ip = IPs[0];
            network.AdditionalIps.Add(IPs.Skip(1).Select(ip => new PodIP { Ip = ip }));
        }
        return new PodSandboxStatus
        {
            Id = Id,
            Metadata = Config.Metadata.Clone(),
            State = State,
            CreatedAt = CreatedAt,
            Network = network,
            Linux = new LinuxPodSandboxStatus { Namespaces = new Namespace { Options = Config.Linux?.SecurityContext?.NamespaceOptions?.Clone() } },
            Labels = { Config.Labels },
            Annotations = { Config.Annotations },
            RuntimeHandler = RuntimeHandler,
        };
    }
}
