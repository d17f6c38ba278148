using System.Net;
using System.Security.Cryptography.X509Certificates;
using Kobune.ApiServer;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Certificates;
using Kobune.Client;
using Kobune.Runtime.Certificates;
using Kobune.Store;
using Kobune.Store.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Testing.ApiServers;

/// <summary>
/// A whole API server over a memory store, on a free loopback port: real TLS, authentication by client certificate and
/// static token, the real request path. Dispose it to end it.
/// </summary>
public sealed class TestApiServer : IAsyncDisposable
{
    public const string AdminToken = "admin-token";

    private readonly string folder;

    private TestApiServer(KubeApiServer server, IStore store, X509Certificate2 authority, X509Certificate2 admin, string folder)
    {
        Server = server;
        Store = store;
        Authority = authority;
        AdminCertificate = admin;
        this.folder = folder;
    }

    public KubeApiServer Server { get; }
    public IStore Store { get; }

    /// <summary>In-process client of a cluster administrator.</summary>
    public IKubeClient Client => field ??= Server.ClientFor(UserInfo.Of("admin", UserInfo.Masters));

    /// <summary>"https://127.0.0.1:40123"</summary>
    public string Url => Server.Addresses[0];

    /// <summary>The CA that signed the serving certificate and the administrator's.</summary>
    public X509Certificate2 Authority { get; }
    public X509Certificate2 AdminCertificate { get; }

    /// <summary>A kubeconfig for the administrator.</summary>
    public string KubeconfigPath { get; private set; } = "";

    /// <param name="configure">Changes the options: authorizers, admission.</param>
    /// <param name="bootstrapped">Whether to wait for the system namespaces and the like.</param>
    public static async Task<TestApiServer> StartAsync(
        Func<ApiServerOptions, ApiServerOptions>? configure = null, IStore? store = null, TimeProvider? time = null, ILoggerFactory? loggers = null, bool bootstrapped = true)
    {
        time ??= TimeProvider.System;
        store ??= new MemoryStore(time);
        var now = time.GetUtcNow();
        var authority = CertificateAuthority.Create("kobune-test", now);
        using var issuer = new CertificateAuthority(authority);
        var serving = issuer.Issue(new("kube-apiserver", CertificateUses.Server) { DnsNames = ["localhost"], Addresses = [IPAddress.Loopback] }, now, TimeSpan.FromDays(1));
        var admin = issuer.Issue(new("admin", CertificateUses.Client) { Organizations = [UserInfo.Masters] }, now, TimeSpan.FromDays(1));
        var options = new ApiServerOptions
        {
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
            ServingCertificate = serving,
            // Nothing here makes service accounts, and few tests of Pods are about them.
            DisabledAdmission = ["ServiceAccount"],
            AdvertiseAddress = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 6443),
            Authenticators = _ =>
            [
                new ClientCertificateAuthenticator(issuer.Certificate),
                new StaticTokenAuthenticator(new Dictionary<string, UserInfo> { [AdminToken] = UserInfo.Of("admin", UserInfo.Masters) }),
            ],
        };
        var server = new KubeApiServer(configure?.Invoke(options) ?? options, store, time, loggers ?? NullLoggerFactory.Instance);
        await server.StartAsync();
        if (bootstrapped)
        {
            await server.Bootstrapped.WaitAsync(TimeSpan.FromSeconds(30));
        }

        var folder = Directory.CreateTempSubdirectory("kobune-test-").FullName;
        var result = new TestApiServer(server, store, issuer.Certificate, admin, folder);
        result.KubeconfigPath = Path.Combine(folder, "kubeconfig");
        await File.WriteAllTextAsync(result.KubeconfigPath, result.Kubeconfig());
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private string Kubeconfig()
    {
        using var key = AdminCertificate.GetECDsaPrivateKey();
        var privateKey = key?.ExportPkcs8PrivateKeyPem() ?? AdminCertificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem();
        return $$$"""
            apiVersion: v1
            kind: Config
            current-context: test
            contexts: [{name: test, context: {cluster: test, user: admin}}]
            clusters: [{name: test, cluster: {server: "{{{Url}}}", certificate-authority-data: {{{Base64(Authority.ExportCertificatePem())}}} }}]
            users: [{name: admin, user: {client-certificate-data: {{{Base64(AdminCertificate.ExportCertificatePem())}}}, client-key-data: {{{Base64(privateKey)}}} }}]
            """;
    }

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}
