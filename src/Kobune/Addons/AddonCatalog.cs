using Kobune.Cluster;

namespace Kobune.Addons;

/// <summary>A part of a cluster that can be had or not.</summary>
/// <param name="Name">As on the command line, and as minikube calls it.</param>
/// <param name="About">What it is good for.</param>
/// <param name="Package">The Debian package that it needs, installed when it is enabled; null: none.</param>
/// <param name="BuiltIn">A part of Kobune itself: always on.</param>
internal sealed record Addon(string Name, string About, string? Package = null, bool BuiltIn = false)
{
    public bool IsEnabled(ClusterConfig config) => BuiltIn || config.Addons.Contains(Name);
}

/// <summary>All addons there are.</summary>
internal static class AddonCatalog
{
    public static Addon Ingress { get; } = new("ingress", "HTTP(S) from outside by host name and path, through nginx (IngressClass nginx)", Package: "nginx-light");

    public static IReadOnlyList<Addon> All { get; } =
    [
        Ingress,
        new("metrics-server", "CPU and memory of Pods and nodes: kubectl top, HorizontalPodAutoscaler", BuiltIn: true),
        new("storage-provisioner", "Volumes made when a claim asks for one (StorageClass standard)", BuiltIn: true),
    ];

    /// <exception cref="UserErrorException">There is no such addon.</exception>
    public static Addon Find(string name) => All.FirstOrDefault(a => a.Name == name)
        ?? throw new UserErrorException($"there is no addon \"{name}\"; there are: {string.Join(", ", All.Select(a => a.Name))}");
}
