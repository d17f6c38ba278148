using System.Globalization;
using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Clusters;

/// <summary>Kobune is killed while Pods run: the containers go on, and the next Kobune takes them as they are.</summary>
public sealed class RestartTests(TestCluster cluster) : ClusterTest(cluster), IAsyncLifetime
{
    private const string Identity =
        "jsonpath={.items[0].metadata.uid} {.items[0].status.podIP} {.items[0].status.startTime} {.items[0].status.containerStatuses[0].containerID} restarts={.items[0].status.containerStatuses[0].restartCount}";

    private string PidFile => $"/run/kobune/{Cluster.Name}/kobune.pid";

    public async ValueTask InitializeAsync()
    {
        foreach (var name in (string[])["stays", "heals"])
        {
            await ApplyAsync(Manifests.NginxDeployment(name));
        }
        await KubectlAsync("wait", "--for=condition=Available", "deployment/stays", "deployment/heals", "--timeout=60s");
    }

    public async ValueTask DisposeAsync()
    {
        (await Cluster.UpAsync()).Succeeded();
        await KubectlAsync("delete", "deployment", "stays", "heals", "--ignore-not-found");
        await UntilAsync(text => text.Length == 0, Soon, "get", "pods", "-l", "app in (stays, heals)", "-o", "name");
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Containers_go_on_without_Kobune_and_are_adopted()
    {
        var stays = await KubectlAsync("get", "pods", "-l", "app=stays", "-o", Identity);
        var address = stays.Split(' ')[1];
        var heals = (await KubectlAsync("get", "pods", "-l", "app=heals", "-o", Identity)).Split(' ');
        Assert.Contains("containerd://", stays);
        Assert.EndsWith("restarts=0", stays);

        await KillAsync();
        Assert.NotEqual(0, (await Shell.RunAsync("kubectl", ["get", "pods", "--request-timeout=2s"], Cluster.Environment)).ExitCode);
        Assert.Contains("Welcome to nginx!", await CurlAsync($"http://{address}/"));
        await DestroyContainerAsync(heals[3].Replace("containerd://", "", StringComparison.Ordinal));
        Assert.Contains("Welcome to nginx!", await CurlAsync($"http://{address}/"));

        (await Cluster.UpAsync()).Succeeded();
        Assert.Equal(stays, await KubectlAsync("get", "pods", "-l", "app=stays", "-o", Identity));
        Assert.Contains("Welcome to nginx!", await CurlAsync($"http://{address}/"));

        // What died meanwhile lives again: in the same Pod and at the same address, as another container.
        await UntilAsync(
            text => text.EndsWith("true", StringComparison.Ordinal) && !text.Contains(heals[3]), Soon,
            "get", "pods", "-l", "app=heals", "-o", "jsonpath={.items[*].status.containerStatuses[0].containerID} {.items[*].status.containerStatuses[0].ready}");
        var healed = (await KubectlAsync("get", "pods", "-l", "app=heals", "-o", Identity)).Split(' ');
        Assert.Equal(heals[..2], healed[..2]);
        Assert.Equal("restarts=1", healed[4]);
        Assert.Contains("Welcome to nginx!", await CurlAsync($"http://{healed[1]}/"));

        // Nothing was disturbed after all that either.
        Assert.Equal(stays, await KubectlAsync("get", "pods", "-l", "app=stays", "-o", Identity));
        await KubectlAsync("exec", "deployment/stays", "--", "/bin/true");
        Assert.Contains("Welcome", await KubectlAsync("exec", "deployment/stays", "--", "cat", "/usr/share/nginx/html/index.html"));
    }

    [Fact]
    public async Task A_Deployment_whose_Pod_was_being_deleted_heals()
    {
        var pod = (await KubectlAsync("get", "pods", "-l", "app=heals", "-o", "jsonpath={.items[0].metadata.name}")).Trim();
        // The API has noted the deletion; Kobune dies before, or while, anything comes of it.
        await KubectlAsync("delete", "pod", pod, "--wait=false");
        await KillAsync();

        (await Cluster.UpAsync()).Succeeded();
        await UntilAsync(text => text == "1", Soon, "get", "deployment", "heals", "-o", "jsonpath={.status.readyReplicas}");
        await UntilAsync(
            text => text.Trim().Split('\n') is [var only] && only.Length > 0 && !only.EndsWith(pod, StringComparison.Ordinal), Soon,
            "get", "pods", "-l", "app=heals", "-o", "name");
    }

    private async Task KillAsync()
    {
        var pid = int.Parse(await File.ReadAllTextAsync(PidFile), CultureInfo.InvariantCulture);
        (await Shell.RunAsync("kill", ["-9", $"{pid}"])).Succeeded();
        await Wait.UntilAsync(() => Task.FromResult(!Directory.Exists($"/proc/{pid}")), Soon, () => $"process {pid} is still there");
    }

    // As if someone with ctr had ended and removed it.
    private async Task DestroyContainerAsync(string id)
    {
        await CtrAsync("task", "kill", "--signal", "SIGKILL", id);
        // containerd itself clears the dead task away.
        await Wait.UntilAsync(async () => !(await CtrAsync("task", "list")).Contains(id + " ") || (await CtrAsync("task", "list")).Contains("STOPPED"), Soon, () => $"container {id} does not end");
        await CtrAsync("container", "delete", id);
    }

    private async Task<string> CtrAsync(params string[] arguments) =>
        (await Cluster.KobuneAsync("ssh", ["--", "ctr", .. arguments])).Succeeded().Output;
}
