using System.Net;
using System.Net.Sockets;
using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Documents;

/// <summary>
/// «Kubernetes入門 第2回: Podのライフサイクルと「使い捨て」の哲学», command by command as printed, once with Debian's kubectl and once with ours.
/// </summary>
public sealed class Document001Tests(TestCluster cluster) : ClusterTest(cluster)
{
    private const string Deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: nginx-experiment
          labels:
            app: nginx-experiment
        spec:
          replicas: 1
          selector:
            matchLabels:
              app: nginx-experiment
          template:
            metadata:
              labels:
                app: nginx-experiment
            spec:
              containers:
              - name: nginx
                image: nginx:1.27
                ports:
                - containerPort: 80

        """;

    private const string DeploymentWithConfigMap = Deployment + """
                volumeMounts:
                - name: nginx-content
                  mountPath: /usr/share/nginx/html
              volumes:
              - name: nginx-content
                configMap:
                  name: nginx-content

        """;

    private const string NameOfFirst = "kubectl get pods -l app=nginx-experiment -o jsonpath='{.items[0].metadata.name}'";
    private const string Names = "kubectl get pods -l app=nginx-experiment -o name";
    private const string Hacked = "I hacked this server!";
    private const string FromConfigMap = "<html><body><h1>Hello from ConfigMap!</h1></body></html>";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_document_does_what_it_promises(bool ours)
    {
        var document = new Document(Cluster, ours);
        await File.WriteAllTextAsync(Path.Combine(Cluster.Folder, "nginx-deployment.yaml"), Deployment);
        await File.WriteAllTextAsync(Path.Combine(Cluster.Folder, "nginx-deployment-v2.yaml"), DeploymentWithConfigMap);
        try
        {
            await DeployAsync(document);
            await ChangeInsideAsync(document);
            await SeeFromOutsideAsync(document);
            await DeleteAndFindAnewAsync(document);
            await ConfigureFromOutsideAsync(document);
            await ReadLogsAsync(document);
            await DescribeAsync(document);
            await DeleteByForceAsync(document);
            await CleanUpAsync(document);
        }
        finally
        {
            await document.TryAsync("kubectl delete deployment nginx-experiment --ignore-not-found; kubectl delete configmap nginx-content --ignore-not-found");
        }
    }

    // 2.2.1: kubectl apply, and get -w until it runs.
    private static async Task DeployAsync(Document document)
    {
        Assert.Equal("deployment.apps/nginx-experiment created\n", await document.RunAsync("kubectl apply -f ~/nginx-deployment.yaml"));
        using var watch = document.Start("kubectl get pods -l app=nginx-experiment -w");
        var shown = await watch.Output.WaitForAsync(text => text.Contains("Running"), Soon);
        Assert.Matches(@"^NAME +READY +STATUS +RESTARTS +AGE\n", shown);
        Assert.Matches(@"nginx-experiment-[0-9a-z]+-[0-9a-z]{5} +1/1 +Running +0 +\d+s\n", await watch.Output.WaitForAsync(text => text.Contains("1/1"), Soon));
    }

    // 2.2.1: a shell at a terminal inside of the container; the page is overwritten.
    private static async Task ChangeInsideAsync(Document document)
    {
        var pod = await document.SetAsync("POD_NAME", NameOfFirst);
        Assert.StartsWith("nginx-experiment-", pod);
        using (var terminal = document.Terminal("kubectl exec -it $POD_NAME -- /bin/bash"))
        {
            await terminal.SeeAsync($"root@{pod}:/# ");
            await terminal.TypeAsync("cat /usr/share/nginx/html/index.html");
            Assert.Contains("Welcome to nginx!", await terminal.SeeAsync($"root@{pod}:/# "));
            await terminal.TypeAsync($"echo '<html><body><h1>{Hacked}</h1></body></html>' > /usr/share/nginx/html/index.html");
            await terminal.SeeAsync($"root@{pod}:/# ");
            await terminal.TypeAsync("cat /usr/share/nginx/html/index.html");
            Assert.Contains($"<html><body><h1>{Hacked}</h1></body></html>", await terminal.SeeAsync($"root@{pod}:/# "));
            await terminal.TypeAsync("exit");
            Assert.Equal(0, await terminal.EndAsync());
        }
        Assert.Equal($"<html><body><h1>{Hacked}</h1></body></html>\n", await document.OutputAsync("kubectl exec $POD_NAME -- cat /usr/share/nginx/html/index.html"));
        Assert.Equal("through stdin\n", await document.OutputAsync("echo through stdin | kubectl exec -i $POD_NAME -- cat"));
        var failed = await document.TryAsync("kubectl exec $POD_NAME -- /bin/bash -c 'exit 3'");
        Assert.Equal(3, failed.ExitCode);
        Assert.Contains("command terminated with exit code 3", failed.Error);
    }

    // 2.2.1: port-forward in the background, and curl.
    private static async Task SeeFromOutsideAsync(Document document)
    {
        var port = FreePort(8080);
        using var forward = document.Start($"kubectl port-forward $POD_NAME {port}:80");
        await forward.Output.WaitForAsync(text => text.Contains($"Forwarding from 127.0.0.1:{port} -> 80"), Soon);
        Assert.Contains(Hacked, await document.RunAsync($"curl -sS --max-time 10 http://localhost:{port}"));
        Assert.Contains(Hacked, await document.RunAsync($"curl -sS --max-time 10 http://localhost:{port}"));
        Assert.False(forward.HasExited);
    }

    // 2.2.2: the Pod is deleted; another takes its place, with another name and address, and the original page.
    private static async Task DeleteAndFindAnewAsync(Document document)
    {
        var address = await document.RunAsync("kubectl get pod $POD_NAME -o jsonpath='{.status.podIP}'");
        using (var watch = document.Start("kubectl get pods -l app=nginx-experiment -w"))
        {
            var pod = document["POD_NAME"];
            await watch.Output.WaitForAsync(text => text.Contains(pod), Soon);
            Assert.Equal($"pod \"{pod}\" deleted\n", (await document.RunAsync("kubectl delete pod $POD_NAME")).Replace(" from default namespace", ""));
            var shown = await watch.Output.WaitForAsync(text => text.Split('\n').Any(line => !line.StartsWith(pod, StringComparison.Ordinal) && line.Contains("1/1")), Soon);
            var of = shown.Split('\n').ToLookup(line => line.StartsWith(pod, StringComparison.Ordinal));
            Assert.Contains(of[true], line => line.Contains("Terminating"));
            Assert.Contains(of[false], line => line.Contains("Pending"));
            Assert.Contains(of[false], line => line.Contains("ContainerCreating"));
            Assert.Contains(of[false], line => line.Contains("Running"));
        }
        await document.SetAsync("NEW_POD_NAME", NameOfFirst);
        Assert.NotEqual(document["POD_NAME"], document["NEW_POD_NAME"]);
        var newAddress = await document.RunAsync("kubectl get pod $NEW_POD_NAME -o jsonpath='{.status.podIP}'");
        Assert.True(IPAddress.TryParse(newAddress, out _), $"no address: {newAddress}");
        Assert.NotEqual(address, newAddress);
        Assert.Contains("Welcome to nginx!", await document.RunAsync("kubectl exec $NEW_POD_NAME -- cat /usr/share/nginx/html/index.html"));
        Assert.Contains("Welcome to nginx!", await CurlAsync($"http://{newAddress}/"));
    }

    // 2.2.3: the page comes from a ConfigMap, and outlives the Pod.
    private static async Task ConfigureFromOutsideAsync(Document document)
    {
        Assert.Equal("configmap/nginx-content created\n", await document.RunAsync($"kubectl create configmap nginx-content --from-literal=index.html='{FromConfigMap}'"));
        var yaml = await document.RunAsync("kubectl get configmap nginx-content -o yaml");
        Assert.StartsWith($"apiVersion: v1\ndata:\n  index.html: {FromConfigMap}\nkind: ConfigMap\nmetadata:\n", yaml);
        Assert.Contains("  name: nginx-content\n  namespace: default\n", yaml);

        Assert.Equal("deployment.apps/nginx-experiment configured\n", await document.RunAsync("kubectl apply -f ~/nginx-deployment-v2.yaml"));
        Assert.EndsWith("deployment \"nginx-experiment\" successfully rolled out\n", await document.RunAsync("kubectl rollout status deployment/nginx-experiment"));
        // The document takes the first Pod by name: the old one must have gone by then, or it may be that.
        await document.UntilAsync(Names, text => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 1, Soon);
        await document.SetAsync("CONFIGMAP_POD", NameOfFirst);
        Assert.Equal(FromConfigMap, await document.OutputAsync("kubectl exec $CONFIGMAP_POD -- cat /usr/share/nginx/html/index.html"));

        await document.RunAsync("kubectl delete pod $CONFIGMAP_POD");
        // «sleep 5» in the document.
        await document.RunAsync("kubectl wait --for=condition=Ready pod -l app=nginx-experiment --timeout=30s");
        await document.SetAsync("RECREATED_POD", NameOfFirst);
        Assert.NotEqual(document["CONFIGMAP_POD"], document["RECREATED_POD"]);
        Assert.Equal(FromConfigMap, await document.OutputAsync("kubectl exec $RECREATED_POD -- cat /usr/share/nginx/html/index.html"));
    }

    // 2.3.2: logs, followed, and of the container before.
    private static async Task ReadLogsAsync(Document document)
    {
        var address = await document.RunAsync("kubectl get pod $RECREATED_POD -o jsonpath='{.status.podIP}'");
        using (var follow = document.Start("kubectl logs -f $RECREATED_POD"))
        {
            await CurlAsync($"http://{address}/seen-while-following");
            await follow.Output.WaitForAsync(text => text.Contains("GET /seen-while-following HTTP"), Soon);
            Assert.False(follow.HasExited);
        }
        Assert.Contains("GET /seen-while-following HTTP", await document.RunAsync("kubectl logs $RECREATED_POD"));

        var none = await document.TryAsync("kubectl logs $RECREATED_POD --previous");
        Assert.Equal(1, none.ExitCode);
        Assert.Contains($"previous terminated container \"nginx\" in pod \"{document["RECREATED_POD"]}\" not found", none.Error);

        await document.TryAsync("kubectl exec $RECREATED_POD -- /bin/bash -c 'kill -QUIT 1'");
        await document.UntilAsync(
            "kubectl get pod $RECREATED_POD -o jsonpath='{.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}'",
            text => text == "1 true", Soon);
        Assert.Contains("GET /seen-while-following HTTP", await document.RunAsync("kubectl logs $RECREATED_POD --previous"));
        Assert.DoesNotContain("seen-while-following", await document.RunAsync("kubectl logs $RECREATED_POD"));
    }

    // 2.3.2: the Pod's chart.
    private static async Task DescribeAsync(Document document)
    {
        var chart = await document.RunAsync("kubectl describe pod $RECREATED_POD");
        Assert.Matches($@"^Name: +{document["RECREATED_POD"]}\nNamespace: +default\n", chart);
        Assert.Matches(@"\nNode: +kobune-e2e/10\.89\.\d+\.2\n", chart);
        Assert.Matches(@"\nStatus: +Running\n", chart);
        Assert.Matches(@"\nControlled By: +ReplicaSet/nginx-experiment-[0-9a-z]+\n", chart);
        Assert.Matches(@"\n    Image: +nginx:1\.27\n", chart);
        Assert.Matches(@"\n    Last State: +Terminated\n", chart);
        Assert.Matches(@"\n    Restart Count: +1\n", chart);
        Assert.Matches(@"\n      /usr/share/nginx/html from nginx-content \(rw\)\n", chart);
        Assert.Matches(@"\n    Type: +ConfigMap \(a volume populated by a ConfigMap\)\n", chart);
        Assert.Matches(@"\nEvents:\n  Type +Reason +Age +From +Message\n", chart);
        Assert.Matches(@"\n  Normal +Scheduled +\S+ +default-scheduler +Successfully assigned default/\S+ to kobune-e2e\n", chart);
        Assert.Matches(@"\n  Normal +Pulled +.* kubelet +.*Container image ""nginx:1\.27"" already present on machine", chart);
        Assert.Matches(@"\n  Normal +Created +.* kubelet +.*Created container", chart);
        Assert.Matches(@"\n  Normal +Started +.* kubelet +.*Started container", chart);
    }

    // 2.4: the last resort.
    private static async Task DeleteByForceAsync(Document document)
    {
        var said = await document.RunAsync("kubectl delete pod $RECREATED_POD --force --grace-period=0");
        Assert.Contains("Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated.", said);
        Assert.Contains($"pod \"{document["RECREATED_POD"]}\" force deleted", said);
        Assert.Contains("NotFound", (await document.TryAsync("kubectl get pod $RECREATED_POD")).Error);
        await document.UntilAsync("kubectl get deployment nginx-experiment -o jsonpath='{.status.readyReplicas}'", text => text == "1", Soon);
    }

    private static async Task CleanUpAsync(Document document)
    {
        Assert.Matches("^deployment.apps \"nginx-experiment\" deleted", await document.RunAsync("kubectl delete deployment nginx-experiment"));
        Assert.Matches("^configmap \"nginx-content\" deleted", await document.RunAsync("kubectl delete configmap nginx-content"));
        await document.UntilAsync("kubectl get pods,replicasets,deployments -l app=nginx-experiment", text => text == "No resources found in default namespace.\n", Soon);
    }

    private static int FreePort(int wanted)
    {
        foreach (var port in (int[])[wanted, 0])
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
        throw new InvalidOperationException("no free port");
    }
}
