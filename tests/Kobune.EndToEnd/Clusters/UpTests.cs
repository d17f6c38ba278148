using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Clusters;

/// <summary>The local cluster's verbs.</summary>
public sealed class UpTests(TestCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task Up_again_is_harmless()
    {
        var pid = await File.ReadAllTextAsync($"/run/kobune/{Cluster.Name}/kobune.pid");
        var node = await KubectlAsync("get", "node", "-o", "jsonpath={.items[*].metadata.uid}");

        Assert.Contains("is up already", (await Cluster.UpAsync()).Succeeded().Output);

        Assert.Equal(pid, await File.ReadAllTextAsync($"/run/kobune/{Cluster.Name}/kobune.pid"));
        Assert.Equal(node, await KubectlAsync("get", "node", "-o", "jsonpath={.items[*].metadata.uid}"));
    }

    [Fact]
    public async Task Status_names_the_process_and_the_node()
    {
        var pid = await File.ReadAllTextAsync($"/run/kobune/{Cluster.Name}/kobune.pid");
        var status = (await Cluster.KobuneAsync("status")).Succeeded().Output;
        Assert.Contains($"running, {pid}", status);
        Assert.Matches(@"node: +kobune-e2e Ready\n", status);
        Assert.Matches(@"api: +https://10\.89\.\d+\.2:6443\n", status);
    }

    [Fact]
    public async Task Status_of_an_unknown_cluster_fails()
    {
        var status = await Shell.RunAsync(Path.Combine(TestCluster.RepositoryRoot, "kobune"), ["status", "--name", "e2e-nowhere"], Cluster.Environment);
        Assert.Equal(1, status.ExitCode);
        Assert.Contains("There is no cluster \"e2e-nowhere\".", status.All);
    }

    [Fact]
    public async Task The_node_is_Ready_with_its_true_size()
    {
        Assert.Matches(@"^NAME +STATUS +ROLES +AGE +VERSION\nkobune-e2e +Ready +control-plane +\S+ +v1\.36\.\d+", await KubectlAsync("get", "nodes"));
        var size = (await KubectlAsync("get", "node", "kobune-e2e", "-o", "jsonpath={.status.capacity.cpu} {.status.capacity.memory}")).Split(' ');
        Assert.Equal(Environment.ProcessorCount.ToString(System.Globalization.CultureInfo.InvariantCulture), size[0]);
        Assert.EndsWith("Ki", size[1]);
    }

    [Fact]
    public async Task An_image_loaded_from_an_archive_needs_no_registry()
    {
        var archive = Path.Combine(Cluster.Folder, "loaded.tar");
        await using (var file = File.Create(archive))
        {
            TestImages.Nginx(file, "example.com/loaded:1");
        }
        Assert.Contains("Imported", (await Cluster.KobuneAsync("image load", archive)).Succeeded().Output);
        Assert.Matches(@"example\.com/loaded:1 +[0-9a-f]{13} +[0-9.]+ MB", (await Cluster.KobuneAsync("image ls")).Succeeded().Output);

        await KubectlAsync("run", "loaded", "--image=example.com/loaded:1", "--image-pull-policy=Never");
        await KubectlAsync("wait", "--for=condition=Ready", "pod/loaded", "--timeout=30s");
        await KubectlAsync("delete", "pod", "loaded");
    }

    [Fact]
    public async Task The_built_in_image_needs_no_registry()
    {
        await KubectlAsync("run", "hello", "--image=kobune/busybox:1", "--restart=Never", "--", "sh", "-c", "echo Hello from a Pod");
        await UntilAsync(text => text == "Succeeded", Soon, "get", "pod", "hello", "-o", "jsonpath={.status.phase}");
        Assert.Equal("Hello from a Pod\n", await KubectlAsync("logs", "hello"));
        await KubectlAsync("delete", "pod", "hello");
    }

    [Fact]
    public async Task The_kubeconfig_of_others_stays_as_it_is()
    {
        var file = Path.Combine(Cluster.Folder, "shared-kubeconfig");
        await File.WriteAllTextAsync(file, """
            apiVersion: v1
            kind: Config
            current-context: elsewhere
            clusters:
            - name: far
              cluster:
                server: https://far.example:6443
            users:
            - name: me
              user:
                token: abc
            contexts:
            - name: elsewhere
              context:
                cluster: far
                user: me
                namespace: mine

            """);
        var environment = new Dictionary<string, string>(Cluster.Environment) { ["KUBECONFIG"] = file };
        (await Shell.RunAsync(Path.Combine(TestCluster.RepositoryRoot, "kobune"), ["up", "--name", Cluster.Name, "--isolated"], environment)).Succeeded();

        Assert.Equal("elsewhere\nkobune-e2e\n", (await Shell.RunAsync("kubectl", ["config", "get-contexts", "-o", "name"], environment)).Succeeded().Output);
        Assert.Equal(
            "https://far.example:6443 abc mine",
            (await Shell.RunAsync("kubectl", ["config", "view", "--raw", "-o", "jsonpath={.clusters[?(@.name==\"far\")].cluster.server} {.users[?(@.name==\"me\")].user.token} {.contexts[?(@.name==\"elsewhere\")].context.namespace}"], environment)).Succeeded().Output);
        Assert.Equal("node/kobune-e2e\n", (await Shell.RunAsync("kubectl", ["--context", "kobune-e2e", "get", "nodes", "-o", "name"], environment)).Succeeded().Output);
    }

    [Fact]
    public async Task Stop_ends_the_containers_and_up_resumes()
    {
        await ApplyAsync(Manifests.NginxDeployment("resumes"));
        await KubectlAsync("wait", "--for=condition=Available", "deployment/resumes", "--timeout=60s");

        (await Cluster.KobuneAsync("stop")).Succeeded();
        Assert.Contains("stopped", (await Cluster.KobuneAsync("status")).Output);
        Assert.DoesNotContain(Processes.Of(Cluster.Name), p => p.CommandLine.Contains("containerd"));

        (await Cluster.UpAsync()).Succeeded();
        // The status of before may be read once more: a page that comes is the proof.
        await Wait.UntilAsync(
            async () =>
            {
                var address = await KubectlAsync("get", "pods", "-l", "app=resumes", "--field-selector=status.phase=Running", "-o", "jsonpath={.items[0].status.podIP}");
                return address.Length > 0 && (await Shell.RunAsync("curl", ["-sS", "--max-time", "1", $"http://{address}/"])).Output.Contains("Welcome to nginx!");
            },
            Soon, () => "no page");
        await KubectlAsync("wait", "--for=condition=Available", "deployment/resumes", "--timeout=30s");
        await KubectlAsync("delete", "deployment", "resumes");
    }
}
