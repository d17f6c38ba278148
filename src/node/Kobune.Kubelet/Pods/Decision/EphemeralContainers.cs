using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Pods.Decision;

/// <summary>Shows an ephemeral container in the shape of an ordinary one, so that one code path starts both.</summary>
internal static class EphemeralContainers
{
    public static Container ToContainer(EphemeralContainer from) => new()
    {
        Name = from.Name,
        Image = from.Image,
        Command = from.Command,
        Args = from.Args,
        WorkingDir = from.WorkingDir,
        Ports = from.Ports,
        EnvFrom = from.EnvFrom,
        Env = from.Env,
        Resources = from.Resources,
        VolumeMounts = from.VolumeMounts,
        VolumeDevices = from.VolumeDevices,
        TerminationMessagePath = from.TerminationMessagePath,
        TerminationMessagePolicy = from.TerminationMessagePolicy,
        ImagePullPolicy = from.ImagePullPolicy,
        SecurityContext = from.SecurityContext,
        Stdin = from.Stdin,
        StdinOnce = from.StdinOnce,
        Tty = from.Tty,
    };
}
