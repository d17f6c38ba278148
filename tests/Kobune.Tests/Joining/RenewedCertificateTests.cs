using System.Net;
using System.Security.Cryptography.X509Certificates;
using Kobune.Api.Certificates.V1;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authorization.Rbac;
using Kobune.Client;
using Kobune.Controllers;
using Kobune.Joining;
using Kobune.Runtime;
using Kobune.Runtime.Certificates;
using Kobune.Testing.ApiServers;
using Kobune.Testing.Controllers;
using Kobune.Testing.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Tests.Joining;

/// <summary>A node's certificates from a real API server, signed by the real controllers; only the clock of the node is the test's.</summary>
public sealed class RenewedCertificateTests : IAsyncLifetime
{
    private const string NodeUser = "system:node:n1";

    private readonly string _folder = Directory.CreateTempSubdirectory("kobune-renewed-").FullName;
    private readonly ManualTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly CancellationTokenSource _stop = new();
    private TestApiServer _server = null!;
    private CertificateAuthority _authority = null!;
    private Task _controllers = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync(o => o with { Authorizers = s => [new RbacAuthorizer(s)] });
        _authority = new CertificateAuthority(CertificateAuthority.Create("nodes", TimeProvider.System.GetUtcNow()));
        var manager = new ControllerManager(
            name => _server.Server.ClientFor(UserInfo.Of(name, UserInfo.Masters)),
            new ControllerManagerOptions { RootCertificate = _authority.Pem, CertificateAuthority = _authority },
            TimeProvider.System, Ids.Seeded(1), NullLoggerFactory.Instance);
        _controllers = manager.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _controllers;
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task It_is_asked_for_once_kept_in_a_file_of_the_owner_and_names_the_node()
    {
        var certificate = await Serving().EnsureAsync(Node, _stop.Token);

        Assert.Equal("O=system:nodes, CN=system:node:n1", certificate.Subject);
        Assert.True(certificate.MatchesHostname("n1"));
        Assert.True(certificate.MatchesHostname("192.0.2.7"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "serving.pem")));
        // The next process takes it from the file, key included.
        Assert.Equal(certificate.Thumbprint, (await Serving().EnsureAsync(Node, _stop.Token)).Thumbprint);
        Assert.True(Serving().Current!.HasPrivateKey);
    }

    [Fact]
    public async Task It_is_renewed_before_its_end_without_a_restart()
    {
        var renewed = Serving();
        var first = await renewed.EnsureAsync(Node, _stop.Token);
        var next = new TaskCompletionSource<X509Certificate2>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        // Once is enough: to this clock whatever the signer's own makes is old again.
        var renewal = renewed.RenewAsync(Node, c => { next.TrySetResult(c); enough.Cancel(); }, _ => { }, enough.Token);

        _time.Advance((first.NotAfter.ToUniversalTime() - _time.GetUtcNow().UtcDateTime) * 0.6);
        Assert.Same(first, renewed.Current);
        Assert.False(next.Task.IsCompleted);

        _time.Advance((first.NotAfter.ToUniversalTime() - _time.GetUtcNow().UtcDateTime) * 0.8);
        var second = await next.Task.WaitAsync(TimeSpan.FromSeconds(30), _stop.Token);
        Assert.NotEqual(first.Thumbprint, second.Thumbprint);
        Assert.Same(second, renewed.Current);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => renewal);
    }

    [Fact]
    public async Task One_that_has_ended_is_asked_for_anew()
    {
        var first = await Serving().EnsureAsync(Node, _stop.Token);
        _time.Advance(TimeSpan.FromDays(366));
        Assert.Null(Serving().Current);
        Assert.NotEqual(first.Thumbprint, (await Serving().EnsureAsync(Node, _stop.Token)).Thumbprint);
    }

    [Fact]
    public async Task A_refusal_is_told()
    {
        var asking = new NodeCertificateRequest("n1", null, "example.com/nobody", "client auth").AskAsync(_server.Client, _stop.Token);
        var request = await _server.Client.WaitAsync<CertificateSigningRequest>(null, r => r.Spec.SignerName == "example.com/nobody");
        var denied = request.Clone();
        denied.Status.Conditions.Add(new CertificateSigningRequestCondition { Type = "Denied", Status = "True", Reason = "No", Message = "not you" });
        await _server.Client.UpdateAsync(CertificateSigningRequest.Info, denied, new WriteOptions { Subresource = "approval" }, _stop.Token);
        Assert.Contains("not you", (await Assert.ThrowsAsync<UserErrorException>(() => asking)).Message);
    }

    [Fact]
    public async Task A_server_is_believed_by_the_hash_of_its_authority_only()
    {
        await ServerTrust.PublishAsync(_server.Client, _server.Authority.ExportCertificatePem(), _server.Url, _stop.Token);
        var hash = ServerTrust.HashOf(_server.Authority);
        var fetched = await ServerTrust.FetchAuthorityAsync(new Uri(_server.Url), hash, TimeProvider.System, _stop.Token);
        Assert.Equal(_server.Authority.Thumbprint, fetched.Thumbprint);

        var other = ServerTrust.HashOf(_authority.Certificate);
        await Assert.ThrowsAsync<UserErrorException>(() => ServerTrust.FetchAuthorityAsync(new Uri(_server.Url), other, TimeProvider.System, _stop.Token));
    }

    private IKubeClient Node => _server.Server.ClientFor(UserInfo.Of(NodeUser, "system:nodes", UserInfo.Masters));

    private RenewedCertificate Serving() => new(
        Path.Combine(_folder, "serving.pem"),
        new NodeCertificateRequest("n1", IPAddress.Parse("192.0.2.7"), "kubernetes.io/kubelet-serving", "server auth"), _time, new Random(1));
}
