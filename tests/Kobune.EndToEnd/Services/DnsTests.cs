using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Services;

/// <summary>Names as Pods see them: document 003, 3.3 and 4.4, with the resolver that a Pod gets.</summary>
public sealed class DnsTests(TestCluster cluster) : ClusterTest(cluster)
{
    private const string Applications = """
        apiVersion: v1
        kind: Service
        metadata: { name: dns-web }
        spec:
          clusterIP: None
          selector: { app: dns-web }
          ports: [ { name: http, port: 80 } ]
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: dns-front }
        spec:
          selector: { app: dns-web }
          ports: [ { name: http, port: 80 } ]
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: dns-alias }
        spec: { type: ExternalName, externalName: dns-front.default.svc.cluster.local }
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: { name: dns-web }
        spec:
          serviceName: dns-web
          replicas: 1
          selector: { matchLabels: { app: dns-web } }
          template:
            metadata: { labels: { app: dns-web } }
            spec: { containers: [ { name: nginx, image: "nginx:1.27" } ] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: dns-client }
        spec:
          terminationGracePeriodSeconds: 0
          containers: [ { name: sh, image: "kobune/busybox:1", command: [ sleep, "3600" ] } ]
          dnsConfig: { options: [ { name: ndots, value: "5" }, { name: timeout, value: "1" } ] }
        """;

    [Fact]
    public async Task Pods_find_services_endpoints_and_the_outside_by_name()
    {
        await ApplyAsync(Applications);
        try
        {
            await UntilAsync(o => o.Trim() == "1", TimeSpan.FromSeconds(60), "get", "statefulset", "dns-web", "-o", "jsonpath={.status.readyReplicas}");
            await KubectlAsync("wait", "--for=condition=Ready", "pod/dns-client", "--timeout=60s");

            var resolver = await InPodAsync("cat /etc/resolv.conf");
            Assert.Contains("search default.svc.cluster.local svc.cluster.local cluster.local", resolver);
            Assert.Contains("nameserver " + (await KubectlAsync("get", "service", "-n", "kube-system", "kube-dns", "-o", "jsonpath={.spec.clusterIP}")).Trim(), resolver);
            Assert.Contains("ndots:5", resolver);

            var pod = (await KubectlAsync("get", "pod", "dns-web-0", "-o", "jsonpath={.status.podIP}")).Trim();
            var front = (await KubectlAsync("get", "service", "dns-front", "-o", "jsonpath={.spec.clusterIP}")).Trim();
            await ResolvesAsync("dns-web-0.dns-web.default.svc.cluster.local", pod);
            await ResolvesAsync("dns-web.default.svc.cluster.local", pod);
            await ResolvesAsync("dns-front.default.svc.cluster.local", front);
            await ResolvesAsync("dns-alias.default.svc.cluster.local", front);
            await ResolvesAsync("kubernetes.default.svc.cluster.local", (await KubectlAsync("get", "service", "kubernetes", "-o", "jsonpath={.spec.clusterIP}")).Trim());
            // By the search path, through the Service and straight to the Pod; with the C library of the nginx image, as
            // nslookup of busybox does not search, and its static C library has no resolver of its own.
            foreach (var name in (string[])["dns-front", "dns-front.default", "dns-web-0.dns-web", "dns-alias"])
            {
                Assert.Contains("Welcome to nginx!", await KubectlAsync(
                    "exec", "dns-web-0", "--", "bash", "-c", $"exec 3<>/dev/tcp/{name}/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"));
            }
            Assert.Contains("NXDOMAIN", await InPodAsync("nslookup nobody.default.svc.cluster.local || true"));
        }
        finally
        {
            await KubectlAsync("delete", "--wait=false", "pod/dns-client", "statefulset/dns-web", "service/dns-web", "service/dns-front", "service/dns-alias");
        }
    }

    private async Task ResolvesAsync(string name, string address) => Assert.Contains("Address: " + address, await InPodAsync($"nslookup {name}"));

    private Task<string> InPodAsync(string command) => KubectlAsync("exec", "dns-client", "--", "sh", "-c", command);
}
