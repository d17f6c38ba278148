using Kobune.Proxy.Services;

namespace Kobune.Proxy;

/// <summary>Brings plans into the kernel: nftables or iptables.</summary>
internal interface IProxyBackend
{
    /// <summary>Replaces everything that is there by the rules of these Services.</summary>
    Task ReplaceAllAsync(NodeView node, IReadOnlyCollection<ServicePlan> services, CancellationToken cancellationToken);

    /// <summary>Changes the rules of some Services (null: gone). Throws when the kernel refused; then its state is not known.</summary>
    Task ChangeAsync(NodeView node, IReadOnlyDictionary<string, ServicePlan?> services, CancellationToken cancellationToken);

    /// <summary>Removes all of its rules.</summary>
    Task RemoveAsync(CancellationToken cancellationToken);
}
