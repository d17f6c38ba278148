using Kobune.Testing.ApiServers;

namespace Kobune.Kubectl.Tests.Commands;

/// <summary>Commands against a real API server over TLS, as the documents of the learners type them.</summary>
public sealed class CommandTests : IAsyncLifetime
{
    private const string Manifest = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: 1
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - {name: nginx, image: "nginx:1.27", ports: [{containerPort: 80}]}
        """;

    private TestApiServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestApiServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task<(int Code, string Out, string Error)> Run(string arguments, string input = "")
    {
        var console = new TestConsole(input);
        var code = await KubectlMain.RunAsync([.. arguments.Split(' '), "--kubeconfig", _server.KubeconfigPath], console);
        return (code, console.Written, console.Complained);
    }

    [Fact]
    public async Task ApplyCreatesConfiguresAndLeavesAlone()
    {
        Assert.Equal((0, "deployment.apps/web created\n", ""), await Run("apply -f -", Manifest));
        Assert.Equal((0, "deployment.apps/web unchanged\n", ""), await Run("apply -f -", Manifest));
        Assert.Equal((0, "deployment.apps/web configured\n", ""), await Run("apply -f -", Manifest.Replace("1.27", "1.28", StringComparison.Ordinal)));
        Assert.Equal((0, "nginx:1.28", ""), await Run("get deploy web -o jsonpath={.spec.template.spec.containers[0].image}"));
    }

    [Fact]
    public async Task AWrongFieldIsRefusedWithItsPath()
    {
        var (code, _, error) = await Run("apply -f -", Manifest.Replace("replicas: 1", "replica: 1", StringComparison.Ordinal));
        Assert.Equal(1, code);
        Assert.Contains("error when creating \"STDIN\"", error, StringComparison.Ordinal);
        Assert.Contains("strict decoding error: unknown field \"spec.replica\"", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigMapsAreMadeShownAndDeleted()
    {
        Assert.Equal((0, "configmap/c created\n", ""), await Run("create configmap c --from-literal=index.html=<h1>Hello</h1>"));
        var (_, yaml, _) = await Run("get configmap c -o yaml");
        Assert.StartsWith("apiVersion: v1\ndata:\n  index.html: <h1>Hello</h1>\nkind: ConfigMap\nmetadata:\n", yaml, StringComparison.Ordinal);
        Assert.Equal((0, "configmap \"c\" deleted from default namespace\n", ""), await Run("delete configmap c"));
        Assert.Equal((1, "", "Error from server (NotFound): configmaps \"c\" not found\n"), await Run("get cm c"));
    }

    [Fact]
    public async Task NothingFoundIsSaidOnTheErrorStream() =>
        Assert.Equal((0, "", "No resources found in default namespace.\n"), await Run("get pods"));

    [Theory]
    [InlineData("get nope", "error: the server doesn't have a resource type \"nope\"\n")]
    [InlineData("get pods --foo", "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n")]
    [InlineData("rollout status deploy/none", "Error from server (NotFound): deployments.apps \"none\" not found\n")]
    public async Task ErrorsAreWordedAsKubectlWordsThem(string arguments, string message) =>
        Assert.Equal((1, "", message), await Run(arguments));

    [Fact]
    public async Task AServerThatIsNotThereIsNamed()
    {
        var console = new TestConsole();
        Assert.Equal(1, await KubectlMain.RunAsync(["get", "pods", "-s", "https://127.0.0.1:1", "--kubeconfig", _server.KubeconfigPath], console));
        Assert.Equal("The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n", console.Complained);
    }
}
