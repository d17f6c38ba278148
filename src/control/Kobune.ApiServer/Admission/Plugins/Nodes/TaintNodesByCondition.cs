using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Admission.Plugins.Nodes;

/// <summary>A new node is not ready: nothing is placed on it before it says that it is.</summary>
internal sealed class TaintNodesByCondition : IAdmissionPlugin
{
    private const string NotReady = "node.kubernetes.io/not-ready";

    public string Name => "TaintNodesByCondition";

    public ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation == AdmissionOperation.Create && context.Is("", "nodes") && context.Object is Node node
            && !node.Spec.Taints.Exists(t => t is { Key: NotReady, Effect: "NoSchedule" }))
        {
            node.Spec.Taints.Add(new Taint { Key = NotReady, Effect = "NoSchedule" });
        }

        return ValueTask.CompletedTask;
    }
}
