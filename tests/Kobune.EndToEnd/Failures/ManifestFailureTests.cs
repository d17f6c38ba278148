using Kobune.EndToEnd.Documents;
using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Failures;

/// <summary>Manifests with a mistake are refused with the place and the reason, by both kubectls in the same words.</summary>
public sealed class ManifestFailureTests(TestCluster cluster) : ClusterTest(cluster)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_wrong_indent_names_the_file_and_the_line(bool ours)
    {
        var said = await RefusedAsync(ours, "indent", """
            apiVersion: v1
            kind: Pod
            metadata:
              name: indent
            spec:
              containers:
              - name: web
               image: nginx:1.27

            """);
        Assert.Matches(@"^error: error parsing \S+/indent\.yaml: error converting YAML to JSON: yaml: line \d+: \S", said);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_field_at_the_wrong_depth_is_named_with_its_path(bool ours)
    {
        var said = await RefusedAsync(ours, "depth", """
            apiVersion: v1
            kind: Pod
            metadata:
              name: depth
            spec:
              image: nginx:1.27
              containers:
              - name: web
                image: nginx:1.27

            """);
        Assert.Contains("Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: unknown field \"spec.image\"", said);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_unknown_field_is_named_with_its_path(bool ours)
    {
        var said = await RefusedAsync(ours, "unknown", Manifests.NginxDeployment("unknown").Replace("image:", "imagee:"));
        Assert.Contains(
            "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \"spec.template.spec.containers[0].imagee\"", said);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_missing_required_field_is_named_with_its_path(bool ours)
    {
        var said = await RefusedAsync(ours, "missing", """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: missing
            spec:
              selector:
                matchLabels: { app: missing }
              template:
                metadata:
                  labels: { app: missing }
                spec:
                  containers:
                  - image: nginx:1.27

            """);
        Assert.Contains("The Deployment \"missing\" is invalid: spec.template.spec.containers[0].name: Required value", said);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_selector_that_matches_nothing_is_refused(bool ours)
    {
        var said = await RefusedAsync(ours, "selector", Manifests.NginxDeployment("selector").Replace("labels: { app: selector }", "labels: { app: other }"));
        Assert.Contains("The Deployment \"selector\" is invalid: spec.template.metadata.labels: Invalid value: {\"app\":\"other\"}: `selector` does not match template `labels`", said);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_value_of_the_wrong_type_is_refused(bool ours)
    {
        var said = await RefusedAsync(ours, "type", Manifests.NginxDeployment("type").Replace("spec:\n  selector", "spec:\n  replicas: three\n  selector"));
        Assert.Contains("replicas", said);
        Assert.Contains("of type int32", said);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_kind_that_does_not_exist_is_refused(bool ours)
    {
        var said = await RefusedAsync(ours, "kind", Manifests.NginxDeployment("kind").Replace("kind: Deployment", "kind: Deploymnet"));
        Assert.Contains("no matches for kind \"Deploymnet\" in version \"apps/v1\"", said);
        Assert.Contains("ensure CRDs are installed first", said);
    }

    private async Task<string> RefusedAsync(bool ours, string name, string manifest)
    {
        var file = Path.Combine(Cluster.Folder, name + ".yaml");
        await File.WriteAllTextAsync(file, manifest);
        var finished = await new Document(Cluster, ours).TryAsync($"kubectl apply -f {file}");
        Assert.True(finished.ExitCode == 1, $"exit code {finished.ExitCode}: {finished.All}");
        Assert.Equal("", finished.Output);
        return finished.Error;
    }
}
