using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Volumes;

/// <summary>Chapter 4.7 of the third document: a claim of class standard, the volume that is made for it, and a StatefulSet whose Pods keep theirs.</summary>
public sealed class ClaimTests(TestCluster cluster) : ClusterTest(cluster)
{
    private const string Claim = """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          name: data
        spec:
          storageClassName: standard
          accessModes: [ReadWriteOnce]
          resources:
            requests:
              storage: 10Gi
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: writer
        spec:
          restartPolicy: Never
          securityContext: { runAsUser: 1000, fsGroup: 2000 }
          containers:
          - name: main
            image: kobune/busybox:1
            command: [sh, -c, "echo kept > /data/file && ls -ln /data/file"]
            volumeMounts:
            - name: data
              mountPath: /data
          volumes:
          - name: data
            persistentVolumeClaim:
              claimName: data

        """;

    private const string Web = """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata:
          name: web
        spec:
          serviceName: web
          replicas: 2
          selector:
            matchLabels: { app: web }
          template:
            metadata:
              labels: { app: web }
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - name: main
                image: kobune/busybox:1
                command: [sh, -c, "echo $HOSTNAME >> /www/log; exec sleep 1000000"]
                volumeMounts:
                - name: www
                  mountPath: /www
          volumeClaimTemplates:
          - metadata:
              name: www
            spec:
              accessModes: [ReadWriteOnce]
              resources:
                requests:
                  storage: 1Gi

        """;

    [Fact]
    public async Task A_claim_gets_its_volume_grows_and_takes_the_volume_along()
    {
        Assert.Matches(@"standard \(default\) +kobune.dev/local-path +Delete +WaitForFirstConsumer +true", await KubectlAsync("get", "storageclass"));
        await ApplyAsync(Claim);
        await UntilAsync(text => text.Contains("Completed"), Soon, "get", "pod", "writer");
        Assert.Matches(@"^-rw-[\w-]+ +1 1000 +2000 .*/data/file", await KubectlAsync("logs", "writer"));
        Assert.Matches(@"data +Bound +pvc-[0-9a-f-]+ +10Gi +RWO +standard", await KubectlAsync("get", "pvc", "data"));
        Assert.Matches(@"pvc-[0-9a-f-]+ +10Gi +RWO +Delete +Bound +default/data +standard", await KubectlAsync("get", "pv"));

        await KubectlAsync("patch", "pvc", "data", "-p", """{"spec":{"resources":{"requests":{"storage":"20Gi"}}}}""");
        await UntilAsync(text => text == "20Gi", Soon, "get", "pvc", "data", "-o", "jsonpath={.status.capacity.storage}");

        var path = await KubectlAsync("get", "pv", "-o", "jsonpath={.items[?(@.spec.claimRef.name=='data')].spec.local.path}");
        Assert.True(File.Exists(Path.Combine(path, "file")));
        await KubectlAsync("delete", "pvc", "data", "--wait=false");
        Assert.Contains("Terminating", await KubectlAsync("get", "pvc", "data"));
        await KubectlAsync("delete", "pod", "writer");
        await UntilAsync(text => !text.Contains("default/data"), Soon, "get", "pv");
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task A_StatefulSets_Pods_come_back_to_their_own_volumes()
    {
        await ApplyAsync(Web);
        await KubectlAsync("rollout", "status", "statefulset/web", "--timeout=60s");
        var claims = await KubectlAsync("get", "pvc", "-o", "name");
        Assert.Contains("persistentvolumeclaim/www-web-0\n", claims);
        Assert.Contains("persistentvolumeclaim/www-web-1\n", claims);
        await KubectlAsync("delete", "pod", "web-0");
        await KubectlAsync("rollout", "status", "statefulset/web", "--timeout=60s");
        await UntilAsync(text => text == "web-0\nweb-0\n", Soon, "exec", "web-0", "--", "cat", "/www/log");
        await KubectlAsync("delete", "statefulset", "web");
        await KubectlAsync("delete", "pvc", "www-web-0", "www-web-1");
        await UntilAsync(text => !text.Contains("www-web"), Soon, "get", "pv");
    }
}
