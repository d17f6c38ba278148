using System.Text;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Controllers.Bootstrap;
using Kobune.Testing.Controllers;
using Kobune.Testing.Time;

namespace Kobune.Controllers.Tests.Bootstrap;

public sealed class BootstrapTokenTests
{
    [Fact]
    public void Signs_as_RFC_7515_says() => Assert.Equal(
        "eyJhbGciOiJIUzI1NiIsImtpZCI6Ijk3ZGFjMCJ9..xHIlcGB4pvLxIjMAD7N8NhXxdCxtkr_6LW_2pLuhfHA".Split("..")[0], BootstrapSigner.Sign("payload", "97dac0", "secret").Split("..")[0]);

    [Fact]
    public async Task Signs_with_every_token_until_it_has_run_out()
    {
        var time = new VirtualTime();
        await using var plane = await TestControlPlane.StartAsync(time);
        var info = new ConfigMap { Data = { ["kubeconfig"] = "apiVersion: v1" } };
        info.Metadata.Name = "cluster-info";
        info.Metadata.Namespace = "kube-public";
        await plane.Client.CreateAsync(info);
        await plane.Client.CreateAsync(Token("abcdef", time.GetUtcNow().AddHours(1)));
        var signed = await plane.Client.WaitAsync<ConfigMap>("kube-public", m => m.Data.ContainsKey("jws-kubeconfig-abcdef"));
        Assert.Equal(BootstrapSigner.Sign("apiVersion: v1", "abcdef", "0123456789abcdef"), signed.Data["jws-kubeconfig-abcdef"]);
        time.Advance(TimeSpan.FromHours(2));
        await plane.Client.WaitGoneAsync<Secret>("kube-system", "bootstrap-token-abcdef");
        await plane.Client.WaitAsync<ConfigMap>("kube-public", m => m.Name == "cluster-info" && m.Data.Count == 1);
    }

    private static Secret Token(string id, DateTimeOffset expires)
    {
        var token = new Secret { Type = "bootstrap.kubernetes.io/token" };
        token.Metadata.Name = "bootstrap-token-" + id;
        token.Metadata.Namespace = "kube-system";
        token.Data["token-id"] = Encoding.UTF8.GetBytes(id);
        token.Data["token-secret"] = "0123456789abcdef"u8.ToArray();
        token.Data["usage-bootstrap-signing"] = "true"u8.ToArray();
        token.Data["expiration"] = Encoding.UTF8.GetBytes(expires.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        return token;
    }
}
