using Kobune.Api;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Probes;

/// <summary>Ports given by number or by the name that the container declares.</summary>
internal static class Ports
{
    /// <returns>0 when there is no such port.</returns>
    public static int Resolve(IntOrString port, ContainerSpec container)
    {
        if (!port.IsString)
        {
            return port.IntValue;
        }

        foreach (var declared in container.Container.Ports)
        {
            if (declared.Name == port.StringValue)
            {
                return declared.Port;
            }
        }

        return int.TryParse(port.StringValue, out var number) ? number : 0;
    }
}
