namespace Kobune.Proxy.Services;

/// <summary>What the rules need to know of the node that they are for.</summary>
/// <param name="Name">Its name, to tell local endpoints.</param>
/// <param name="Zone">Its zone, or empty.</param>
/// <param name="PodCidr">The range of its Pods: who connects from elsewhere is masqueraded. Empty while it has none.</param>
/// <param name="Addresses">The IPv4 addresses at which it accepts node ports.</param>
internal sealed record NodeView(string Name, string Zone, string PodCidr, IReadOnlyList<string> Addresses)
{
    public bool Equals(NodeView? other) => other is not null && Name == other.Name && Zone == other.Zone && PodCidr == other.PodCidr && Addresses.SequenceEqual(other.Addresses);

    public override int GetHashCode() => HashCode.Combine(Name, Zone, PodCidr, Addresses.Count);
}
