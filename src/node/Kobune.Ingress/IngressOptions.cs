namespace Kobune.Ingress;

/// <summary>The ingress proxy of one node.</summary>
/// <param name="Root">Its folder; made when absent, and its own alone.</param>
/// <param name="Address">The address that clients reach it at, for the status of Ingresses.</param>
public sealed record IngressOptions(string Root, string Address)
{
    public int HttpPort { get; init; } = 80;
    public int HttpsPort { get; init; } = 443;

    /// <summary>The name server for ExternalName Services, as ADDRESS:PORT; null: such Services cannot be served.</summary>
    public string? Resolver { get; init; }

    /// <summary>The full path of nginx.</summary>
    public string Program { get; init; } = "/usr/sbin/nginx";

    /// <summary>The user of nginx's workers.</summary>
    public string User { get; init; } = "www-data";

    /// <summary>How many workers nginx has.</summary>
    public int Workers { get; init; } = 2;
}
