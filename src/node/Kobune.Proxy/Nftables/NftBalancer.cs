using Kobune.Proxy.Services;

namespace Kobune.Proxy.Nftables;

/// <summary>Spreads new connections evenly over endpoints.</summary>
internal static class NftBalancer
{
    // An anonymous map looks all endpoints up at once, but the kernel takes long to name one when there are thousands of
    // them; a few rules in a row are as fast for the packet and ten times as fast to load.
    private const int MostRules = 8;

    public static IEnumerable<string> Rules(ServicePortPlan port, IReadOnlyList<Backend> backends)
    {
        var sticky = port.AffinitySeconds > 0;
        if (backends.Count > MostRules)
        {
            return [Map(port, backends, sticky)];
        }
        return backends.Select((backend, i) =>
        {
            var left = backends.Count - i;
            var chance = left > 1 ? $"numgen random mod {left} == 0 " : "";
            return chance + (sticky ? $"goto {NftNames.Endpoint(port.Name, backend)}" : $"meta l4proto {port.Name.Protocol} dnat to {backend}");
        });
    }

    private static string Map(ServicePortPlan port, IReadOnlyList<Backend> backends, bool sticky) => sticky
        ? $"numgen random mod {backends.Count} vmap {{ {string.Join(", ", backends.Select((b, i) => $"{i} : goto {NftNames.Endpoint(port.Name, b)}"))} }}"
        : $"meta l4proto {port.Name.Protocol} dnat ip to numgen random mod {backends.Count} map {{ {string.Join(", ", backends.Select((b, i) => $"{i} : {b.Address} . {b.Port}"))} }}";
}
