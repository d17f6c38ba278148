namespace Kobune.Client.Config;

/// <summary>The configuration that every Pod is given: two environment variables and the mounted service-account token.</summary>
public static class InClusterConfig
{
    private const string Directory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>null when this process does not run in a Pod.</summary>
    public static ClientConfig? TryLoad()
    {
        var host = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST");
        var port = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT");
        var token = Path.Combine(Directory, "token");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port) || !File.Exists(token))
        {
            return null;
        }

        var authority = Path.Combine(Directory, "ca.crt");
        var ns = Path.Combine(Directory, "namespace");
        var address = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        return new ClientConfig
        {
            Server = new Uri($"https://{address}:{port}/"),
            TokenFile = token,
            Namespace = File.Exists(ns) ? File.ReadAllText(ns).Trim() : "default",
            CertificateAuthorities = File.Exists(authority) ? ClientConfigResolver.Certificates(File.ReadAllBytes(authority)) : null,
        };
    }
}
