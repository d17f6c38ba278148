namespace Kobune.Ingress.Routing;

/// <summary>Everything that the proxy is to do, free of how nginx writes it.</summary>
internal sealed record ProxyConfig(IReadOnlyList<VirtualHost> Hosts, IReadOnlyList<Upstream> Upstreams);

/// <summary>One host name; empty: all that have none of their own.</summary>
internal sealed record VirtualHost(string Name, string? Certificate, IReadOnlyList<Route> Routes);

/// <summary>How a path is compared.</summary>
internal enum PathMatch { Exact, Prefix, Regex }

/// <summary>A path of a host, where it leads, and how.</summary>
internal sealed record Route(string Path, PathMatch Match, string Upstream, RouteSettings Settings)
{
    /// <summary>Another backend for a part of the requests.</summary>
    public Canary? Canary { get; init; }
}

/// <summary>Which requests go to another backend: by header, then by cookie, then by chance.</summary>
internal sealed record Canary(string Upstream)
{
    /// <summary>Of <see cref="WeightTotal"/> requests.</summary>
    public int Weight { get; init; }
    public int WeightTotal { get; init; } = 100;
    public string Header { get; init; } = "";

    /// <summary>The header's value that chooses the canary; empty: «always» does and «never» does not.</summary>
    public string HeaderValue { get; init; } = "";
    public string HeaderPattern { get; init; } = "";
    public string Cookie { get; init; } = "";
}

/// <summary>The endpoints behind one port of one Service.</summary>
/// <param name="Id">Names it in the configuration.</param>
/// <param name="Servers">host:port each; empty: nobody is there (503).</param>
internal sealed record Upstream(string Id, IReadOnlyList<string> Servers)
{
    /// <summary>A name to be resolved while it runs, for ExternalName Services; then there are no servers.</summary>
    public string? ExternalName { get; init; }

    /// <summary>The cookie that keeps a client at its endpoint; empty: none.</summary>
    public string AffinityCookie { get; init; } = "";
    public int AffinityMaxAge { get; init; }
}
