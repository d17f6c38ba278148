using System.Diagnostics;
using System.Text;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.CustomResources;

/// <summary>The real kubectl, where there is one, against a definition.</summary>
public sealed class KubectlCustomResourceTests
{
    private const string Definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: crontabs.stable.example.com}
        spec:
          group: stable.example.com
          scope: Namespaced
          names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct]}
          versions:
          - name: v1
            served: true
            storage: true
            subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
            additionalPrinterColumns: [{name: Spec, type: string, jsonPath: .spec.cronSpec}]
            schema:
              openAPIV3Schema:
                type: object
                description: A CronTab says when.
                properties:
                  spec:
                    type: object
                    required: [cronSpec]
                    properties:
                      cronSpec: {type: string, description: When it runs.}
                      replicas: {type: integer, minimum: 1, default: 1}
                  status: {type: object, x-kubernetes-preserve-unknown-fields: true}
        """;

    [Fact]
    public async Task Apply_wait_get_explain_patch_scale_and_delete()
    {
        if (!File.Exists("/usr/local/bin/kubectl") && !File.Exists("/usr/bin/kubectl"))
        {
            Assert.Skip("there is no kubectl on this machine");
        }

        await using var server = await TestApiServer.StartAsync();
        var folder = Directory.CreateTempSubdirectory("kobune-crd-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "crd.yaml"), Definition);
        await File.WriteAllTextAsync(Path.Combine(folder, "cr.yaml"), "apiVersion: stable.example.com/v1\nkind: CronTab\nmetadata: {name: a}\nspec: {cronSpec: '* * * * */5'}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "bad.yaml"), "apiVersion: stable.example.com/v1\nkind: CronTab\nmetadata: {name: b}\nspec: {cronSpec: 'x', replicas: 0, what: 1}\n");
        Assert.Contains("created", await RunAsync("apply -f crd.yaml"));
        Assert.Contains("condition met", await RunAsync("wait --for condition=established --timeout=30s crd/crontabs.stable.example.com"));
        Assert.Contains("crontab.stable.example.com/a created", await RunAsync("apply -f cr.yaml"));
        Assert.Contains("unchanged", await RunAsync("apply -f cr.yaml"));
        Assert.Contains("strict decoding error: unknown field \"spec.what\"", await RunAsync("apply -f bad.yaml"));
        Assert.Contains("spec.replicas in body should be greater than or equal to 1", await RunAsync("apply --validate=false -f bad.yaml"));
        Assert.Contains("* * * * */5", await RunAsync("get ct"));
        Assert.Contains("When it runs.", await RunAsync("explain crontab.spec.cronSpec"));
        Assert.Contains("A CronTab says when.", await RunAsync("explain ct"));
        Assert.Contains("patched", await RunAsync("patch ct a --type=merge -p {\\\"spec\\\":{\\\"replicas\\\":2}}"));
        Assert.Contains("scaled", await RunAsync("scale --replicas=3 ct/a"));
        Assert.Equal("3", await RunAsync("get ct a -o jsonpath={.spec.replicas}"));
        Assert.Contains("serverside-applied", await RunAsync("apply --server-side --force-conflicts -f cr.yaml"));
        Assert.Contains("deleted", await RunAsync("delete -f crd.yaml"));
        Assert.Contains("the server ", await RunAsync("get ct"));
        Directory.Delete(folder, recursive: true);

        async Task<string> RunAsync(string arguments)
        {
            var start = new ProcessStartInfo("kubectl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
            start.Environment["KUBECONFIG"] = server.KubeconfigPath;
            start.Environment["HOME"] = folder;
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = new StringBuilder(await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Append(await error);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return output.ToString();
        }
    }
}
