namespace Kobune.Api.Core.V1;

/// <summary>What regular, init and ephemeral containers have in common: all fields but ephemeral containers' target.</summary>
public interface IContainer
{
    string Name { get; set; }
    string Image { get; set; }
    List<string> Command { get; set; }
    List<string> Args { get; set; }
    string WorkingDir { get; set; }
    List<ContainerPort> Ports { get; set; }
    List<EnvFromSource> EnvFrom { get; set; }
    List<EnvVar> Env { get; set; }
    ResourceRequirements Resources { get; set; }
    List<ContainerResizePolicy> ResizePolicy { get; set; }
    string? RestartPolicy { get; set; }
    List<ContainerRestartRule> RestartPolicyRules { get; set; }
    List<VolumeMount> VolumeMounts { get; set; }
    List<VolumeDevice> VolumeDevices { get; set; }
    Probe? LivenessProbe { get; set; }
    Probe? ReadinessProbe { get; set; }
    Probe? StartupProbe { get; set; }
    Lifecycle? Lifecycle { get; set; }
    string TerminationMessagePath { get; set; }
    string TerminationMessagePolicy { get; set; }
    string ImagePullPolicy { get; set; }
    SecurityContext? SecurityContext { get; set; }
    bool Stdin { get; set; }
    bool StdinOnce { get; set; }
    bool Tty { get; set; }
}

public sealed partial class Container : IContainer;

public sealed partial class EphemeralContainer : IContainer;
