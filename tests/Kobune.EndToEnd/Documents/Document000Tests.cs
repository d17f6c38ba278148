using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Documents;

/// <summary>«Kubernetesを完全に理解した（第2回）- Podの生と死を理解する» and the Pod's anatomy of document 002: their commands, with Debian's kubectl.</summary>
public sealed class Document000Tests(TestCluster cluster) : ClusterTest(cluster)
{
    private const string Busybox = "docker.io/kobune/busybox:1";

    private static readonly string Shared = $$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: web-pod
          labels: { app: d000 }
          annotations:
            kobune.dev/depends-on: "nginx: [{container: api, condition: service_healthy}]"
        spec:
          terminationGracePeriodSeconds: 1
          shareProcessNamespace: true
          initContainers:
          - name: setup
            image: {{Busybox}}
            command: ['sh', '-c', 'echo ready > /data/setup']
            volumeMounts: [{ name: shared-data, mountPath: /data }]
          containers:
          - name: nginx
            image: {{Busybox}}
            command: ['sh', '-c', 'trap "exit 0" TERM; cat /data/setup; httpd -p 8080 -h /data; while true; do sleep 0.1; done']
            volumeMounts: [{ name: shared-data, mountPath: /data }]
            resources: { limits: { cpu: 100m, memory: 64Mi } }
          - name: api
            image: {{Busybox}}
            command: ['sh', '-c', 'touch /logs/api; sleep 600']
            readinessProbe: { exec: { command: ['ls', '/logs/api'] }, periodSeconds: 1 }
            volumeMounts: [{ name: shared-data, mountPath: /logs }]
            resources: { limits: { cpu: 100m, memory: 64Mi } }
          volumes:
          - name: shared-data
            emptyDir: {}

        """;

    [Fact]
    public async Task Restart_policies_end_as_the_document_prints()
    {
        await KubectlAsync("run", "crash-test", "--image=" + Busybox, "--restart=Always", "--labels=app=d000", "--", "sh", "-c", "echo boom; exit 1");
        await KubectlAsync("run", "success-job", "--image=" + Busybox, "--restart=OnFailure", "--labels=app=d000", "--", "sh", "-c", "echo done");
        await KubectlAsync("run", "one-shot", "--image=" + Busybox, "--restart=Never", "--labels=app=d000", "--", "echo", "hello");
        await KubectlAsync("run", "typo-pod", "--image=ngins:latest", "--labels=app=d000");
        string[] get = ["get", "pods", "-l", "app=d000", "--no-headers"];
        await UntilAsync(
            text => Has(text, "crash-test", "CrashLoopBackOff") && Has(text, "success-job", "Completed") && Has(text, "one-shot", "Completed") && Has(text, "typo-pod", "ImagePullBackOff"),
            Soon, get);
        Assert.Equal("hello\n", await KubectlAsync("logs", "one-shot"));
        Assert.Equal("boom\n", await KubectlAsync("logs", "crash-test", "--previous"));
        await UntilAsync(text => text.Contains("Back-off restarting failed container"), Soon, "describe", "pod", "crash-test");
        await UntilAsync(text => text.Contains("Failed to pull image \"ngins:latest\"") && text.Contains("Error: ErrImagePull"), Soon, "describe", "pod", "typo-pod");
        await KubectlAsync("delete", "pod", "-l", "app=d000", "--force", "--grace-period=0");
    }

    [Fact]
    public async Task Containers_of_a_Pod_share_and_are_measured_and_resized()
    {
        await ApplyAsync(Shared);
        await UntilAsync(text => Has(text, "web-pod", "2/2"), Soon, "get", "pod", "web-pod", "--no-headers");
        Assert.Equal("ready\n", await KubectlAsync("logs", "web-pod", "-c", "nginx"));
        Assert.Equal("ready\n", await KubectlAsync("exec", "web-pod", "-c", "api", "--", "wget", "-qO-", "http://localhost:8080/setup"));
        Assert.Contains("httpd", await KubectlAsync("exec", "web-pod", "-c", "api", "--", "ps"));
        var starts = (await KubectlAsync("get", "events", "--field-selector", "involvedObject.name=web-pod,reason=Started", "-o", "jsonpath={.items[*].message}"));
        Assert.True(starts.IndexOf("container api", StringComparison.Ordinal) < starts.IndexOf("container nginx", StringComparison.Ordinal), starts);
        await UntilAsync(text => Has(text, "web-pod", "nginx") && Has(text, "web-pod", "api"), Soon, "top", "pod", "web-pod", "--containers", "--no-headers");
        Assert.Contains("CPU(cores)", await KubectlAsync("top", "node"));

        const string Patch = """{"spec":{"containers":[{"name":"nginx","resources":{"requests":{"cpu":"200m"},"limits":{"cpu":"200m"}}}]}}""";
        await KubectlAsync("patch", "pod", "web-pod", "--subresource", "resize", "-p", Patch);
        await UntilAsync(text => text == "200m 0", Soon, "get", "pod", "web-pod", "-o", "jsonpath={.status.containerStatuses[?(@.name==\"nginx\")].resources.limits.cpu} {.status.containerStatuses[?(@.name==\"nginx\")].restartCount}");
        await KubectlAsync("delete", "pod", "web-pod");
    }

    private static bool Has(string table, string name, string word) => table.Split('\n').Any(line => line.StartsWith(name + " ", StringComparison.Ordinal) && line.Contains(word));
}
