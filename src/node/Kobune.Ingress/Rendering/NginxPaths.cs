namespace Kobune.Ingress.Rendering;

/// <summary>Where the proxy keeps its files and what it listens on.</summary>
/// <param name="Root">The folder of everything.</param>
internal sealed record NginxPaths(string Root)
{
    public string Config => Path.Combine(Root, "nginx.conf");
    public string Candidate => Path.Combine(Root, "nginx.conf.new");
    public string PidFile => Path.Combine(Root, "nginx.pid");
    public string ErrorLog => Path.Combine(Root, "error.log");
    public string Certificates => Path.Combine(Root, "certs");
    public string Temporary => Path.Combine(Root, "tmp");

    /// <summary>What hosts without a certificate of their own serve.</summary>
    public string DefaultCertificate => Path.Combine(Certificates, "default.pem");
}
