namespace Kobune.Kubelet.Pods.Decision;

/// <summary>Whether a container that ended is started again (Pod and container restart policy, restart rules by exit code).</summary>
internal static class RestartRules
{
    public static bool ShouldRestart(PodView pod, ContainerSpec spec, int exitCode)
    {
        if (spec.Kind == ContainerKind.Ephemeral)
        {
            return false;
        }

        if (spec.Kind == ContainerKind.Sidecar)
        {
            return true;
        }

        foreach (var rule in spec.Container.RestartPolicyRules)
        {
            if (rule.ExitCodes is { } codes && rule.Action.StartsWith("Restart", StringComparison.Ordinal)
                && codes.Values.Contains(exitCode) == (codes.Operator == "In"))
            {
                return true;
            }
        }

        return (spec.Container.RestartPolicy is { Length: > 0 } own ? own : pod.RestartPolicy) switch
        {
            "Never" => false,
            "OnFailure" => exitCode != 0,
            // An init container that succeeded is done whatever the Pod's policy.
            _ => spec.Kind != ContainerKind.Init || exitCode != 0,
        };
    }
}
