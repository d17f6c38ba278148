using System.Diagnostics;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Kubectl;

/// <summary>The real kubectl against the real server. Skipped where there is none.</summary>
public sealed class KubectlTests : IAsyncLifetime
{
    private const string Program = "/usr/bin/kubectl";
    private const string Manifest = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: c, image: nginx}]}
        """;

    private TestApiServer? server;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(File.Exists(Program), "no kubectl on this machine");
        server = await TestApiServer.StartAsync();
        await server.Client.CreateAsync(new ServiceAccount { Metadata = new() { Name = "default", Namespace = "default" } });
    }

    public ValueTask DisposeAsync() => server?.DisposeAsync() ?? default;

    [Fact]
    public async Task Apply_creates_changes_and_leaves_alone()
    {
        Assert.Equal("deployment.apps/web created", await RunAsync(Manifest, "apply", "-f", "-"));
        Assert.Equal("deployment.apps/web unchanged", await RunAsync(Manifest, "apply", "-f", "-"));
        Assert.Equal("deployment.apps/web configured", await RunAsync(Manifest.Replace("replicas: 2", "replicas: 3"), "apply", "-f", "-"));
        Assert.Equal("3", await RunAsync("", "get", "deploy", "web", "-o", "jsonpath={.spec.replicas}"));
        Assert.Equal("deployment.apps/web scaled", await RunAsync("", "scale", "deploy", "web", "--replicas=5"));
        Assert.Equal("5", await RunAsync("", "get", "deploy", "web", "-o", "jsonpath={.spec.replicas}"));
    }

    [Fact]
    public async Task An_unknown_field_is_refused_by_its_path() =>
        Assert.Contains("strict decoding error: unknown field \"spec.replicsa\"", await RunAsync(Manifest.Replace("replicas:", "replicsa:"), "apply", "-f", "-"));

    [Fact]
    public async Task Tables_explain_and_versions()
    {
        Assert.Matches(@"^NAME +STATUS +AGE\n", await RunAsync("", "get", "ns"));
        Assert.Contains("deployments", await RunAsync("", "api-resources"));
        Assert.Contains("FIELD: containers", await RunAsync("", "explain", "pod.spec.containers"));
        Assert.Contains("Server Version: v1.36", await RunAsync("", "version"));
        Assert.Equal("yes", await RunAsync("", "auth", "can-i", "create", "pods"));
    }

    [Fact]
    public async Task The_four_ways_to_patch()
    {
        await RunAsync(Manifest, "create", "-f", "-");
        Assert.Contains("patched", await RunAsync("", "patch", "deploy", "web", "-p", """{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"b"}]}}}}"""));
        Assert.Contains("patched", await RunAsync("", "patch", "deploy", "web", "--type=merge", "-p", """{"spec":{"replicas":7}}"""));
        Assert.Contains("patched", await RunAsync("", "patch", "deploy", "web", "--type=json", "-p", """[{"op":"add","path":"/metadata/labels","value":{"a":"b"}}]"""));
        Assert.Contains("serverside-applied", await RunAsync(Manifest, "apply", "--server-side", "--force-conflicts", "-f", "-"));
        Assert.Equal("nginx 2 b", await RunAsync("", "get", "deploy", "web", "-o", "jsonpath={.spec.template.spec.containers[0].image} {.spec.replicas} {.metadata.labels.a}"));
    }

    private async Task<string> RunAsync(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KUBECONFIG"] = server!.KubeconfigPath;
        start.Environment["KUBECACHEDIR"] = Path.GetDirectoryName(server.KubeconfigPath);
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.Trim() : output + await error;
    }
}
