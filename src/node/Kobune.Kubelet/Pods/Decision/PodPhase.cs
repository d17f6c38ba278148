using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Pods.Decision;

/// <summary>The phase as a function of the container statuses (upstream's getPhase).</summary>
internal static class PodPhase
{
    public static string Of(PodView pod, IReadOnlyList<ContainerStatus> init, IReadOnlyList<ContainerStatus> apps, bool ending)
    {
        var failedInit = 0;
        var pendingInit = 0;
        for (var i = 0; i < init.Count; i++)
        {
            var status = init[i];
            if (pod.Init[i].Kind == ContainerKind.Sidecar)
            {
                pendingInit += status.Started == true || status.State.Terminated is not null || status.LastState.Terminated is not null ? 0 : 1;
            }
            else if ((status.State.Terminated ?? (status.State.Waiting is not null ? status.LastState.Terminated : null)) is { } end)
            {
                failedInit += end.ExitCode != 0 ? 1 : 0;
                pendingInit += end.ExitCode == 0 && status.State.Terminated is null ? 1 : 0;
            }
            else
            {
                pendingInit++;
            }
        }

        if (failedInit > 0 && (pod.RestartPolicy == "Never" || ending))
        {
            return "Failed";
        }

        var running = apps.Count(a => a.State.Running is not null);
        var stopped = apps.Where(a => a.State.Terminated is not null || (a.State.Running is null && a.LastState.Terminated is not null)).ToArray();
        if (pendingInit + failedInit > 0 && running + stopped.Length == 0)
        {
            return "Pending";
        }

        var waiting = apps.Count - running - stopped.Length;
        if (waiting > 0)
        {
            return "Pending";
        }

        if (running > 0)
        {
            return "Running";
        }

        var succeeded = stopped.All(s => (s.State.Terminated ?? s.LastState.Terminated)!.ExitCode == 0);
        if (ending)
        {
            return succeeded ? "Succeeded" : "Failed";
        }

        for (var i = 0; i < apps.Count; i++)
        {
            var code = (apps[i].State.Terminated ?? apps[i].LastState.Terminated)?.ExitCode ?? 0;
            if (RestartRules.ShouldRestart(pod, pod.Apps[i], code))
            {
                return "Running";
            }
        }

        return succeeded ? "Succeeded" : "Failed";
    }
}
