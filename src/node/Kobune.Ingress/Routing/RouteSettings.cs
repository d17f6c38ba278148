namespace Kobune.Ingress.Routing;

/// <summary>The settings of a route, from the annotations of its Ingress; the defaults are ingress-nginx's.</summary>
internal sealed record RouteSettings
{
    /// <summary>Replaces the path, with $1 … for the groups of a regular expression; empty: the path stays.</summary>
    public string RewriteTarget { get; init; } = "";
    public string AppRoot { get; init; } = "";
    public bool UseRegex { get; init; }
    public bool SslRedirect { get; init; } = true;
    public bool ForceSslRedirect { get; init; }

    /// <summary>HTTP, HTTPS, GRPC or GRPCS.</summary>
    public string BackendProtocol { get; init; } = "HTTP";
    public string BodySize { get; init; } = "1m";

    /// <summary>Seconds.</summary>
    public int ConnectTimeout { get; init; } = 5;
    public int SendTimeout { get; init; } = 60;
    public int ReadTimeout { get; init; } = 60;
    public bool Buffering { get; init; }
    public bool RequestBuffering { get; init; } = true;
    public string UpstreamHost { get; init; } = "";
    public string ForwardedPrefix { get; init; } = "";
    public string PermanentRedirect { get; init; } = "";
    public int PermanentRedirectCode { get; init; } = 301;
    public string TemporalRedirect { get; init; } = "";
    public IReadOnlyList<string> AllowedSources { get; init; } = [];
    public IReadOnlyList<string> DeniedSources { get; init; } = [];
    public bool Cors { get; init; }
    public string CorsOrigin { get; init; } = "*";
}
