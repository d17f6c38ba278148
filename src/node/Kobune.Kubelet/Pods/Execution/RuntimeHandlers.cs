using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Node.V1;
using Kobune.Client;
using Kobune.Cri.Grpc;

namespace Kobune.Kubelet.Pods.Execution;

/// <summary>The runtime handler that a Pod's RuntimeClass names; "" is the runtime's default.</summary>
internal sealed class RuntimeHandlers(IKubeClient client)
{
    public async Task<string> ForAsync(Pod pod, CancellationToken cancellation)
    {
        if (pod.Spec.RuntimeClassName is not { Length: > 0 } name)
        {
            return "";
        }

        try
        {
            return ((RuntimeClass)await client.GetAsync(RuntimeClass.Info, null, name, cancellation)).Handler;
        }
        catch (KubeStatusException e) when (e.Status.Code == 404)
        {
            throw new RpcException(StatusCode.NotFound, $"RuntimeClass \"{name}\" not found");
        }
    }
}
