using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Defaults of a container of any sort.</summary>
internal static class ContainerDefaults
{
    public static void Apply(IContainer container)
    {
        if (container.ImagePullPolicy.Length == 0)
        {
            container.ImagePullPolicy = ImageTag.DefaultPullPolicy(container.Image);
        }

        if (container.TerminationMessagePath.Length == 0)
        {
            container.TerminationMessagePath = "/dev/termination-log";
        }

        if (container.TerminationMessagePolicy.Length == 0)
        {
            container.TerminationMessagePolicy = "File";
        }

        foreach (var port in container.Ports)
        {
            if (port.Protocol.Length == 0)
            {
                port.Protocol = "TCP";
            }
        }

        foreach (var variable in container.Env)
        {
            VolumeDefaults.Field(variable.ValueFrom?.FieldRef);
            variable.ValueFrom?.FileKeyRef?.Optional ??= false;
        }

        Probe(container.LivenessProbe);
        Probe(container.ReadinessProbe);
        Probe(container.StartupProbe);
        HttpGet(container.Lifecycle?.PostStart?.HttpGet);
        HttpGet(container.Lifecycle?.PreStop?.HttpGet);
    }

    private static void Probe(Probe? probe)
    {
        if (probe == null)
        {
            return;
        }

        probe.TimeoutSeconds = probe.TimeoutSeconds == 0 ? 1 : probe.TimeoutSeconds;
        probe.PeriodSeconds = probe.PeriodSeconds == 0 ? 10 : probe.PeriodSeconds;
        probe.SuccessThreshold = probe.SuccessThreshold == 0 ? 1 : probe.SuccessThreshold;
        probe.FailureThreshold = probe.FailureThreshold == 0 ? 3 : probe.FailureThreshold;
        HttpGet(probe.HttpGet);
        probe.Grpc?.Service ??= "";
    }

    private static void HttpGet(HTTPGetAction? action)
    {
        if (action == null)
        {
            return;
        }

        action.Path = action.Path.Length == 0 ? "/" : action.Path;
        action.Scheme = action.Scheme.Length == 0 ? "HTTP" : action.Scheme;
    }
}
