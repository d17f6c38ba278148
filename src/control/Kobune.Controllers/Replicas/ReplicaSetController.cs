using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Replicas;

/// <summary>Keeps the number of Pods of every ReplicaSet as declared.</summary>
internal sealed class ReplicaSetController(ControllerContext context) : ReplicasController<ReplicaSet>(context, "replicaset-controller")
{
    protected override int Replicas(ReplicaSet owner) => owner.Spec.Replicas ?? 1;

    protected override int MinReadySeconds(ReplicaSet owner) => owner.Spec.MinReadySeconds;

    protected override ISelector Selector(ReplicaSet owner) => LabelSelectors.From(owner.Spec.Selector);

    protected override PodTemplateSpec Template(ReplicaSet owner) => owner.Spec.Template;

    protected override async Task UpdateStatusAsync(ReplicaSet owner, ReplicaCounts counts, Failure? failure, CancellationToken cancellationToken)
    {
        var status = owner.Status;
        var condition = status.Conditions.FirstOrDefault(c => c.Type == "ReplicaFailure");
        if (status.ObservedGeneration == owner.Metadata.Generation && Same(status, counts) && condition?.Reason == failure?.Reason)
        {
            return;
        }

        var changed = owner.Clone();
        status = changed.Status;
        status.ObservedGeneration = owner.Metadata.Generation;
        status.Replicas = counts.Replicas;
        status.FullyLabeledReplicas = counts.FullyLabeled;
        status.ReadyReplicas = counts.Ready;
        status.AvailableReplicas = counts.Available;
        status.TerminatingReplicas = counts.Terminating;
        if (condition?.Reason != failure?.Reason)
        {
            status.Conditions = [.. status.Conditions.Where(c => c.Type != "ReplicaFailure")];
            if (failure is not null)
            {
                status.Conditions.Add(new ReplicaSetCondition { Type = "ReplicaFailure", Status = "True", Reason = failure.Reason, Message = failure.Message, LastTransitionTime = Now });
            }
        }

        await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
    }

    private static bool Same(ReplicaSetStatus status, ReplicaCounts counts) =>
        status.Replicas == counts.Replicas && status.FullyLabeledReplicas == counts.FullyLabeled && status.ReadyReplicas == counts.Ready
        && status.AvailableReplicas == counts.Available && (status.TerminatingReplicas ?? 0) == counts.Terminating;
}
