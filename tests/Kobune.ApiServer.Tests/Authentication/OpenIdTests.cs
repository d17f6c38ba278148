using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kobune.Api;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authentication.OpenId;
using Kobune.Runtime.Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.ApiServer.Tests.Authentication;

/// <summary>ID tokens of an issuer that runs here, over real TLS.</summary>
public sealed class OpenIdTests : IAsyncLifetime
{
    private readonly RSA key = RSA.Create(2048);
    private readonly ECDsa second = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private WebApplication app = null!;
    private OpenIdAuthenticator authenticator = null!;
    private string url = "";
    private volatile bool rotated;

    public async ValueTask InitializeAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var issuer = new CertificateAuthority(CertificateAuthority.Create("issuer", now));
        var serving = issuer.Issue(new("oidc", CertificateUses.Server) { DnsNames = ["localhost"], Addresses = [IPAddress.Loopback] }, now, TimeSpan.FromDays(1));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(serving)));
        app = builder.Build();
        app.Run(http => http.Response.WriteAsync(http.Request.Path == "/keys" ? Keys() : $$"""{"issuer":"{{url}}","jwks_uri":"{{url}}/keys"}"""));
        await app.StartAsync();
        url = app.Urls.First();
        authenticator = new OpenIdAuthenticator(
            new OpenIdOptions(url, "kube") { UsernameClaim = "name", UsernamePrefix = "oidc:", GroupsClaim = "groups", GroupsPrefix = "oidc:", Algorithms = ["RS256", "ES256"], Authority = X509CertificateLoader.LoadCertificate(issuer.Certificate.RawData), RequiredClaims = new Dictionary<string, string> { ["tenant"] = "t" } },
            TimeProvider.System, NullLoggerFactory.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        authenticator.Dispose();
        await app.DisposeAsync();
        key.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task A_right_token_is_a_user_with_groups()
    {
        var user = await AskAsync(Token());
        Assert.Equal("oidc:jane", user!.Name);
        Assert.Equal(["oidc:dev", "oidc:ops", "system:authenticated"], user.Groups);
    }

    [Theory]
    [InlineData("\"aud\":\"kube\"", "\"aud\":\"other\"")]
    [InlineData("\"exp\":9999999999", "\"exp\":1")]
    [InlineData("\"tenant\":\"t\"", "\"tenant\":\"u\"")]
    [InlineData("\"name\":\"jane\"", "\"name\":7")]
    [InlineData("\"aud\":\"kube\"", "\"aud\":\"kube\",\"nbf\":9999999999")]
    public async Task Wrong_claims_are_refused(string right, string wrong) =>
        Assert.Equal(401, (await Assert.ThrowsAsync<KubeStatusException>(() => AskAsync(Token(change: c => c.Replace(right, wrong))))).Status.Code);

    [Fact]
    public async Task A_forged_token_is_refused()
    {
        var parts = Token().Split('.');
        parts[1] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Claims().Replace("jane", "root")));
        await Assert.ThrowsAsync<KubeStatusException>(() => AskAsync(string.Join('.', parts)));
        await Assert.ThrowsAsync<KubeStatusException>(() => AskAsync(Token(header: """{"alg":"none"}""")));
        await Assert.ThrowsAsync<KubeStatusException>(() => AskAsync(Token(header: """{"alg":"HS256","kid":"one"}""")));
    }

    [Fact]
    public async Task Tokens_of_others_are_left_to_others()
    {
        Assert.Null(await AskAsync("abcdef.0123456789abcdef"));
        Assert.Null(await AskAsync(Token(change: c => c.Replace(url, "https://elsewhere"))));
    }

    [Fact]
    public async Task A_new_key_is_fetched_when_the_first_fetch_already_had_it()
    {
        rotated = true;
        var header = Base64Url.EncodeToString("""{"alg":"ES256","kid":"two"}"""u8);
        var payload = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Claims()));
        var signature = second.SignData(Encoding.ASCII.GetBytes($"{header}.{payload}"), HashAlgorithmName.SHA256);
        Assert.Equal("oidc:jane", (await AskAsync($"{header}.{payload}.{Base64Url.EncodeToString(signature)}"))!.Name);
    }

    private Task<UserInfo?> AskAsync(string token) =>
        authenticator.AuthenticateAsync(new AuthenticationRequest(null, token, new HeaderDictionary(), TimeProvider.System.GetUtcNow()), default).AsTask();

    private string Claims() => $$"""{"iss":"{{url}}","aud":"kube","exp":9999999999,"sub":"1","name":"jane","groups":["dev","ops"],"tenant":"t"}""";

    private string Token(string header = """{"alg":"RS256","kid":"one"}""", Func<string, string>? change = null)
    {
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(change?.Invoke(Claims()) ?? Claims()))}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private string Keys()
    {
        var rsa = key.ExportParameters(false);
        var point = second.ExportParameters(false).Q;
        var ec = rotated ? $$""",{"kty":"EC","crv":"P-256","kid":"two","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}""" : "";
        return $$"""{"keys":[{"kty":"RSA","use":"sig","kid":"one","n":"{{Base64Url.EncodeToString(rsa.Modulus)}}","e":"{{Base64Url.EncodeToString(rsa.Exponent)}}"}{{ec}},{"kty":"oct","kid":"x"}]}""";
    }
}
