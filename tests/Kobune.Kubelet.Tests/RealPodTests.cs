using System.Diagnostics;
using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Tests;

/// <summary>Pods on the real containerd of this machine, with a fake API.</summary>
[Trait("needs", "containerd")]
[Collection("containerd")]
public sealed class RealPodTests
{
    [Fact]
    public async Task Pods_run_with_volumes_env_hooks_and_probes_and_leave_nothing()
    {
        Assert.SkipWhen(RealNode.WhyNot is not null, RealNode.WhyNot ?? "");
        await using var runtime = await RealNode.StartAsync();
        await using var node = new KubeletHarness(runtime.Options.Socket, runtime.Directory);
        await node.Kubelet.Ready;
        var map = new ConfigMap();
        map.Metadata.Name = "page";
        map.Metadata.Namespace = "default";
        map.Data["index.html"] = "one";
        node.Api.Put(map);
        var pod = KubeletHarness.NewPod("web", command: ["sh", "-c", "echo hello $NAME from $(GREETING); echo oops >&2; cat /www/index.html; trap 'exit 0' TERM; httpd -p 8080 -h /www; while true; do sleep 0.1; done"]);
        var main = pod.Spec.Containers[0];
        main.Env.Add(new EnvVar { Name = "NAME", ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = "metadata.name" } } });
        main.Env.Add(new EnvVar { Name = "GREETING", Value = "me" });
        main.VolumeMounts.Add(new VolumeMount { Name = "www", MountPath = "/www" });
        main.VolumeMounts.Add(new VolumeMount { Name = "scratch", MountPath = "/scratch" });
        main.VolumeMounts.Add(new VolumeMount { Name = "scratch", MountPath = "/sub", SubPath = "a/b" });
        main.VolumeMounts.Add(new VolumeMount { Name = "token", MountPath = "/var/run/secrets/x" });
        main.ReadinessProbe = new Probe { HttpGet = new HTTPGetAction { Path = "/index.html", Port = 8080 }, PeriodSeconds = 1 };
        main.LivenessProbe = new Probe { Exec = new ExecAction { Command = ["cat", "/www/index.html"] }, PeriodSeconds = 1, TimeoutSeconds = 5 };
        pod.Spec.Volumes.Add(new Volume { Name = "www", ConfigMap = new ConfigMapVolumeSource { Name = "page" } });
        pod.Spec.Volumes.Add(new Volume { Name = "scratch", EmptyDir = new EmptyDirVolumeSource { Medium = "Memory" } });
        var token = new ProjectedVolumeSource();
        token.Sources.Add(new VolumeProjection { ServiceAccountToken = new ServiceAccountTokenProjection { Path = "token" } });
        pod.Spec.Volumes.Add(new Volume { Name = "token", Projected = token });
        node.Api.Put(pod);
        var ready = await node.UntilAsync("web", KubeletHarness.IsReady);
        using var http = new HttpClient();
        Assert.Equal("one", await http.GetStringAsync($"http://{ready.Status.PodIP}:8080/index.html"));

        var changed = map.Clone();
        changed.Data["index.html"] = "two";
        node.Api.Put(changed);
        var text = "";
        await node.UntilAsync(() => (text = http.GetStringAsync($"http://{ready.Status.PodIP}:8080/index.html").Result) == "two", "the new page", 3);

        var logs = Directory.GetFiles(Path.Combine(runtime.Directory, "pods", $"default_web_{ready.Metadata.Uid}", "main"));
        Assert.Contains("stdout F hello web from me", await File.ReadAllTextAsync(Assert.Single(logs)));
        node.Api.DeletePod("web", 3);
        await node.GoneAsync("web");
        Assert.Empty(await runtime.Process.Cri.ListPodSandboxAsync(null, default));
        Assert.DoesNotContain(File.ReadAllLines("/proc/self/mountinfo"), l => l.Contains(ready.Metadata.Uid, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Speed_of_one_Pod_at_a_time_and_of_thirty()
    {
        Assert.SkipWhen(RealNode.WhyNot is not null, RealNode.WhyNot ?? "");
        await using var runtime = await RealNode.StartAsync();
        await using var node = new KubeletHarness(runtime.Options.Socket, runtime.Directory);
        await node.Kubelet.Ready;
        var starts = new List<double>();
        var ends = new List<double>();
        for (var i = 0; i < 12; i++)
        {
            var name = $"p{i}";
            var began = Stopwatch.GetTimestamp();
            node.Api.Put(KubeletHarness.NewPod(name, command: ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.05; done"]));
            await node.UntilAsync(name, KubeletHarness.IsReady);
            starts.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            began = Stopwatch.GetTimestamp();
            node.Api.DeletePod(name, 1);
            await node.GoneAsync(name);
            ends.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        var all = Stopwatch.GetTimestamp();
        for (var i = 0; i < 30; i++)
        {
            node.Api.Put(KubeletHarness.NewPod($"m{i}", command: ["sleep", "1000"]));
        }

        for (var i = 0; i < 30; i++)
        {
            await node.UntilAsync($"m{i}", KubeletHarness.IsReady, 60);
        }

        var thirty = Stopwatch.GetElapsedTime(all).TotalSeconds;
        starts.Sort();
        ends.Sort();
        Console.WriteLine($"created to Ready: median {starts[6]:F0} ms, p90 {starts[10]:F0} ms; deleted to gone: median {ends[6]:F0} ms; thirty at once: {thirty:F1} s; status writes {node.Api.StatusWrites.Count}");
        Assert.True(starts[6] < 2000);
    }
}
