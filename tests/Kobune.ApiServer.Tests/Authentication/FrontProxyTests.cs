using Kobune.ApiServer.Authentication;
using Kobune.Runtime.Certificates;
using Microsoft.AspNetCore.Http;

namespace Kobune.ApiServer.Tests.Authentication;

/// <summary>Users named in a proxy's headers, and in a file of tokens.</summary>
public sealed class FrontProxyTests
{
    [Fact]
    public async Task Headers_count_only_from_the_proxy()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var trusted = new CertificateAuthority(CertificateAuthority.Create("front-proxy", now));
        using var other = new CertificateAuthority(CertificateAuthority.Create("clients", now));
        var authenticator = new FrontProxyAuthenticator(new FrontProxyOptions(trusted.Certificate, ["proxy"]));
        var headers = new HeaderDictionary { ["X-Remote-User"] = "jane", ["X-Remote-Group"] = new(["a", "b"]), ["X-Remote-Extra-Scopes%2Fx"] = "s" };
        using var right = trusted.Issue(new("proxy", CertificateUses.Client), now, TimeSpan.FromHours(1));
        using var misnamed = trusted.Issue(new("somebody", CertificateUses.Client), now, TimeSpan.FromHours(1));
        using var foreign = other.Issue(new("proxy", CertificateUses.Client), now, TimeSpan.FromHours(1));
        var user = await authenticator.AuthenticateAsync(new AuthenticationRequest(right, null, headers, now), default);
        Assert.Equal("jane", user!.Name);
        Assert.Equal(["a", "b", "system:authenticated"], user.Groups);
        Assert.Equal(["s"], user.Extra["scopes/x"]);
        Assert.Null(await authenticator.AuthenticateAsync(new AuthenticationRequest(misnamed, null, headers, now), default));
        Assert.Null(await authenticator.AuthenticateAsync(new AuthenticationRequest(foreign, null, headers, now), default));
        Assert.Null(await authenticator.AuthenticateAsync(new AuthenticationRequest(null, null, headers, now), default));
        Assert.Null(await authenticator.AuthenticateAsync(new AuthenticationRequest(right, null, new HeaderDictionary(), now), default));
    }

    [Fact]
    public void A_token_file_names_users_and_groups()
    {
        var users = TokenFile.Parse("t1,jane,1,\"dev,ops\"\n# no user\nt2,joe,2\n");
        Assert.Equal(["dev", "ops", "system:authenticated"], users["t1"].Groups);
        Assert.Equal(("joe", "2"), (users["t2"].Name, users["t2"].Uid));
        Assert.Throws<FormatException>(() => TokenFile.Parse("t1,jane"));
    }
}
