namespace Kobune.Proxy.Services;

/// <summary>Which endpoints get the traffic: ready ones, those meant for this place first, and ending ones when nobody else is left.</summary>
internal static class BackendSelection
{
    /// <summary>For traffic that may go to any node.</summary>
    public static List<Backend> Cluster(IReadOnlyList<EndpointState> all, NodeView node)
    {
        var ready = all.Where(e => e.Ready).ToList();
        var near = Near(ready, node);
        return Backends(near.Count > 0 ? near : Ending(all));
    }

    /// <summary>For traffic that must stay on the node.</summary>
    public static List<Backend> Local(IReadOnlyList<EndpointState> all)
    {
        var local = all.Where(e => e.Backend.IsLocal).ToList();
        var ready = local.Where(e => e.Ready).ToList();
        return Backends(ready.Count > 0 ? ready : Ending(local));
    }

    public static bool HasAny(IReadOnlyList<EndpointState> all) => all.Any(e => e.Ready || (e.Serving && e.Terminating));

    // Hints count only when every ready endpoint has them and one is for us: half a hint could send everybody to one Pod.
    private static List<EndpointState> Near(List<EndpointState> ready, NodeView node)
    {
        if (ready.Count > 0 && ready.All(e => e.Nodes.Count > 0) && ready.Any(e => e.Nodes.Contains(node.Name)))
        {
            return ready.FindAll(e => e.Nodes.Contains(node.Name));
        }
        if (node.Zone.Length > 0 && ready.Count > 0 && ready.All(e => e.Zones.Count > 0) && ready.Any(e => e.Zones.Contains(node.Zone)))
        {
            return ready.FindAll(e => e.Zones.Contains(node.Zone));
        }
        return ready;
    }

    private static IEnumerable<EndpointState> Ending(IEnumerable<EndpointState> endpoints) => endpoints.Where(e => e.Serving && e.Terminating);

    private static List<Backend> Backends(IEnumerable<EndpointState> endpoints) => [.. endpoints.Select(e => e.Backend)];
}
