using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Replicas;

/// <summary>Keeps the number of Pods of every ReplicationController as declared: the same work as for ReplicaSets, with an older selector.</summary>
internal sealed class ReplicationControllerController(ControllerContext context) : ReplicasController<ReplicationController>(context, "replication-controller")
{
    protected override int Replicas(ReplicationController owner) => owner.Spec.Replicas ?? 1;

    protected override int MinReadySeconds(ReplicationController owner) => owner.Spec.MinReadySeconds;

    protected override ISelector Selector(ReplicationController owner) => LabelSelectors.FromMap(owner.Spec.Selector);

    protected override PodTemplateSpec Template(ReplicationController owner) => owner.Spec.Template ?? new PodTemplateSpec();

    protected override async Task UpdateStatusAsync(ReplicationController owner, ReplicaCounts counts, Failure? failure, CancellationToken cancellationToken)
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
        if (condition?.Reason != failure?.Reason)
        {
            status.Conditions = [.. status.Conditions.Where(c => c.Type != "ReplicaFailure")];
            if (failure is not null)
            {
                status.Conditions.Add(new ReplicationControllerCondition { Type = "ReplicaFailure", Status = "True", Reason = failure.Reason, Message = failure.Message, LastTransitionTime = Now });
            }
        }

        await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
    }

    private static bool Same(ReplicationControllerStatus status, ReplicaCounts counts) =>
        status.Replicas == counts.Replicas && status.FullyLabeledReplicas == counts.FullyLabeled
        && status.ReadyReplicas == counts.Ready && status.AvailableReplicas == counts.Available;
}
