using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Admission.Plugins.PodSecurity;

namespace Kobune.ApiServer.Tests.Admission;

public sealed class PodSecurityTests
{
    private const string Good = "\"securityContext\":{\"allowPrivilegeEscalation\":false,\"capabilities\":{\"drop\":[\"ALL\"]},\"runAsNonRoot\":true,\"seccompProfile\":{\"type\":\"RuntimeDefault\"}}";

    [Theory]
    [InlineData("restricted", """{"containers":[{"name":"c"}]}""",
        "allowPrivilegeEscalation != false (container \"c\" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container \"c\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")")]
    [InlineData("restricted", "{\"containers\":[{\"name\":\"c\"," + Good + "}]}", "")]
    [InlineData("restricted", "{\"volumes\":[{\"name\":\"v\",\"hostPath\":{\"path\":\"/\"}}],\"containers\":[{\"name\":\"c\"," + Good + "}]}", "restricted volume types (volume \"v\" uses restricted volume type \"hostPath\")")]
    [InlineData("baseline", """{"hostNetwork":true,"hostPID":true,"containers":[{"name":"c"}]}""", "host namespaces (hostNetwork=true, hostPID=true)")]
    [InlineData("baseline", """{"containers":[{"name":"a","securityContext":{"privileged":true}},{"name":"b","securityContext":{"privileged":true}}]}""",
        "privileged (containers \"a\", \"b\" must not set securityContext.privileged=true)")]
    [InlineData("baseline", """{"containers":[{"name":"a","securityContext":{"capabilities":{"add":["NET_ADMIN","CHOWN"]}}}]}""",
        "non-default capabilities (container \"a\" must not include \"NET_ADMIN\" in securityContext.capabilities.add)")]
    [InlineData("baseline", """{"volumes":[{"name":"v","hostPath":{"path":"/"}}],"containers":[{"name":"a","ports":[{"containerPort":80,"hostPort":8080}]}]}""",
        "hostPath volumes (volume \"v\"), hostPort (container \"a\" uses hostPort 8080)")]
    [InlineData("baseline", """{"securityContext":{"seccompProfile":{"type":"Unconfined"},"sysctls":[{"name":"kernel.msgmax","value":"1"}]},"containers":[{"name":"a"}]}""",
        "seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\"), forbidden sysctls (kernel.msgmax)")]
    [InlineData("baseline", """{"containers":[{"name":"a"}]}""", "")]
    [InlineData("privileged", """{"hostNetwork":true,"containers":[{"name":"a","securityContext":{"privileged":true}}]}""", "")]
    public async Task LevelsRefuseInUpstreamsWords(string level, string spec, string violations)
    {
        var ns = new Namespace { Metadata = { Name = "default", Labels = { ["pod-security.kubernetes.io/enforce"] = level } } };
        var pod = KubeJson.Read<Pod>(System.Text.Encoding.UTF8.GetBytes($$"""{"metadata":{"name":"p","namespace":"default"},"spec":{{spec}}}"""));
        var plugin = new PodSecurityPlugin(new TestServices(ns).Services);
        if (violations.Length == 0)
        {
            await PluginTests.Admit(plugin, Requests.Create(pod));
            return;
        }

        var e = await PluginTests.Refused(plugin, Requests.Create(pod));
        Assert.Equal($"pods \"p\" is forbidden: violates PodSecurity \"{level}:latest\": {violations}", e.Message);
    }

    [Fact]
    public async Task WorkloadsAreOnlyWarned()
    {
        var ns = new Namespace { Metadata = { Name = "default", Labels = { ["pod-security.kubernetes.io/warn"] = "baseline", ["pod-security.kubernetes.io/warn-version"] = "v1.30" } } };
        var deployment = new Kobune.Api.Apps.V1.Deployment { Metadata = { Name = "d", Namespace = "default" }, Spec = { Template = { Spec = { HostIPC = true } } } };
        var context = Requests.Create(deployment);
        await PluginTests.Admit(new PodSecurityPlugin(new TestServices(ns).Services), context);
        Assert.Equal(["would violate PodSecurity \"baseline:v1.30\": host namespaces (hostIPC=true)"], context.Warnings);
    }

    [Fact]
    public async Task WrongLabelsAreInvalid()
    {
        var ns = new Namespace { Metadata = { Name = "default", Labels = { ["pod-security.kubernetes.io/enforce"] = "strict" } } };
        var e = await PluginTests.Refused(new PodSecurityPlugin(new TestServices().Services), Requests.Create(ns));
        Assert.Equal("Namespace \"default\" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"strict\": must be one of privileged, baseline, restricted", e.Message);
    }
}
