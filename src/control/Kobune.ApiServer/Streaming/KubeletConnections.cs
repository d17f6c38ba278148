using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Kobune.Client.Http;

namespace Kobune.ApiServer.Streaming;

/// <summary>Connections from this server to kubelets and proxied Pods: pooled requests, and raw streams for upgrades.</summary>
internal sealed class KubeletConnections : IDisposable
{
    private readonly ApiServerOptions options;
    private readonly Lazy<HttpClient> kubelets;
    private readonly Lazy<HttpClient> others;

    public KubeletConnections(ApiServerOptions options)
    {
        this.options = options;
        kubelets = new Lazy<HttpClient>(() => Client(KubeletTls()));
        others = new Lazy<HttpClient>(() => Client(AnyTls()));
    }

    public HttpClient ClientFor(ConnectTarget target) => target.Kubelet ? kubelets.Value : others.Value;

    /// <summary>A raw stream to the target, TLS done.</summary>
    public async Task<Stream> OpenAsync(ConnectTarget target, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target.Host, target.Port, cancellationToken).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            if (!target.Tls)
            {
                return stream;
            }

            var tls = new SslStream(stream);
            var settings = target.Kubelet ? KubeletTls() : AnyTls();
            settings.TargetHost = target.Host;
            await tls.AuthenticateAsClientAsync(settings, cancellationToken).ConfigureAwait(false);
            return tls;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var client in new[] { kubelets, others })
        {
            if (client.IsValueCreated)
            {
                client.Value.Dispose();
            }
        }
    }

    private static HttpClient Client(SslClientAuthenticationOptions tls) => new(new SocketsHttpHandler
    {
        SslOptions = tls,
        // A redirect could lead our credentials elsewhere.
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        ConnectTimeout = TimeSpan.FromSeconds(30),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private SslClientAuthenticationOptions KubeletTls()
    {
        var tls = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => Trusted(certificate) };
        if (options.KubeletClientCertificate is { } certificate)
        {
            tls.ClientCertificateContext = CertificateContexts.Create(certificate);
        }

        return tls;
    }

    /// <summary>Pods and services behind a proxy show whatever certificate they have, as upstream accepts it.</summary>
    private static SslClientAuthenticationOptions AnyTls() => new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true };

    /// <summary>The kubelet's certificate must come from the cluster's CA; nodes are addressed by many names, so the name is not compared.</summary>
    private bool Trusted(X509Certificate? certificate)
    {
        if (options.KubeletCa is not { } authority)
        {
            return true;
        }

        if (certificate is not X509Certificate2 leaf)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(leaf);
    }
}
