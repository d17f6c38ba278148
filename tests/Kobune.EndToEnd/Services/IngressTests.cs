using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Services;

/// <summary>Document 003, 8.4, 8.5 and 9.4: the addon, two applications behind one name, the tunnel, and the URL of a Service.</summary>
public sealed class IngressTests(TestCluster cluster) : ClusterTest(cluster)
{
    private const string Ingress = """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: demo
          annotations: { nginx.ingress.kubernetes.io/rewrite-target: / }
        spec:
          ingressClassName: nginx
          rules:
          - host: demo.local
            http:
              paths:
              - { path: /app1, pathType: Prefix, backend: { service: { name: ing-app1, port: { number: 80 } } } }
              - { path: /app2, pathType: Prefix, backend: { service: { name: ing-app2, port: { number: 80 } } } }
        """;

    [Fact]
    public async Task Two_applications_share_one_name()
    {
        Assert.Matches("ingress +disabled", (await Cluster.KobuneAsync("addons list")).Succeeded().Output);
        Assert.Contains("there is no addon", (await Cluster.KobuneAsync("addons enable", "nonsense")).Error);
        (await Cluster.KobuneAsync("addons enable", "ingress")).Succeeded();
        try
        {
            await ApplyAsync(Application("ing-app1") + Application("ing-app2"));
            await ApplyAsync(Ingress);
            var address = (await UntilAsync(o => o.Trim().Length > 0, Soon, "get", "ingress", "demo", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}")).Trim();
            await AnswersAsync(address, "/app1", "Hello from ing-app1");
            await AnswersAsync(address, "/app2/x", "Hello from ing-app2");
            Assert.Contains("404", (await CurlAsync(address, "/")).Output);
            Assert.Contains("Scheduled for sync", await UntilAsync(o => o.Contains("Sync"), Soon, "describe", "ingress", "demo"));

            using (var tunnel = Shell.Start(Path.Combine(TestCluster.RepositoryRoot, "kobune"), ["tunnel", "--name", Cluster.Name, "--bind-address", "127.0.0.9"], Cluster.Environment))
            {
                await AnswersAsync("127.0.0.9", "/app1", "Hello from ing-app1");
            }
            var url = (await Cluster.KobuneAsync("service", "ing-app1", "--url")).Succeeded().Output.Trim();
            Assert.Matches("^http://10\\.89\\.[0-9]+\\.2:3[0-9]{4}$", url);
            Assert.Contains("Hello from ing-app1", await CurlAsync(url));
        }
        finally
        {
            await KubectlAsync("delete", "--wait=false", "--ignore-not-found", "ingress/demo", "deployment/ing-app1", "deployment/ing-app2", "service/ing-app1", "service/ing-app2");
            (await Cluster.KobuneAsync("addons disable", "ingress")).Succeeded();
        }
        Assert.Matches("ingress +disabled", (await Cluster.KobuneAsync("addons list")).Succeeded().Output);
    }

    private static string Application(string name) => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: {{name}} }
        spec:
          selector: { matchLabels: { app: {{name}} } }
          template:
            metadata: { labels: { app: {{name}} } }
            spec:
              containers:
              - name: nginx
                image: nginx:1.27
                command: [ sh, -c, "echo Hello from {{name}} > /usr/share/nginx/html/index.html; exec nginx -c /etc/nginx/nginx.conf" ]
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: {{name}} }
        spec:
          type: NodePort
          selector: { app: {{name}} }
          ports: [ { port: 80 } ]
        ---

        """;

    private static async Task AnswersAsync(string address, string path, string text)
    {
        var last = new Finished(-1, "", "");
        await Wait.UntilAsync(async () => (last = await CurlAsync(address, path)).Output.Contains(text), TimeSpan.FromSeconds(60), () => last.All);
    }

    private static Task<Finished> CurlAsync(string address, string path) =>
        Shell.RunAsync("curl", ["-sS", "--max-time", "5", "--resolve", $"demo.local:80:{address}", $"http://demo.local{path}"]);
}
