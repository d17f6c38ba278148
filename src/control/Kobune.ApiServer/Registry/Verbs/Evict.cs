using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Api.Policy.V1;
using Kobune.ApiServer.Admission;

namespace Kobune.ApiServer.Registry;

internal sealed partial class ResourceRegistry
{
    /// <summary>Deletes a Pod unless a disruption budget says that it is needed.</summary>
    private async ValueTask<ApiResult> EvictAsync(RequestScope scope, Eviction eviction, CancellationToken cancellationToken)
    {
        var current = await FindFreshAsync(scope.Resource, scope.Namespace, scope.Name, cancellationToken).ConfigureAwait(false) ?? throw NotFound(scope.Resource, scope.Name);
        var admissionContext = AdmissionOf(scope, AdmissionOperation.Create, scope.Name, eviction, null);
        await admission.AdmitAsync(admissionContext, cancellationToken).ConfigureAwait(false);
        await admission.ValidateAsync(admissionContext, cancellationToken).ConfigureAwait(false);
        var pod = (Pod)current.Object;
        if (pod.Metadata.DeletionTimestamp is null && pod.Status.Phase is not ("Succeeded" or "Failed" or "Pending"))
        {
            await TakeFromBudgetAsync(scope, pod, cancellationToken).ConfigureAwait(false);
        }

        var options = eviction.DeleteOptions ?? new DeleteOptions();
        var whole = new RequestScope { Resource = scope.Resource, User = scope.User, Namespace = scope.Namespace, Name = scope.Name, DryRun = scope.DryRun || options.DryRun.Count > 0, Warnings = scope.Warnings };
        await DeleteAsync(whole, options, cancellationToken).ConfigureAwait(false);
        return new ApiResult(201, null, null, new Status { Result = "Success", Code = 201 });
    }

    private async ValueTask TakeFromBudgetAsync(RequestScope scope, Pod pod, CancellationToken cancellationToken)
    {
        var budgets = catalog.Find(ResourceInfo.Of<PodDisruptionBudget>())!;
        var (state, _) = await ReadFreshAsync(budgets, cancellationToken).ConfigureAwait(false);
        var covering = state.Items.WithPrefix(budgets.PrefixOf(scope.Namespace))
            .Where(b => LabelSelectors.From(((PodDisruptionBudget)b.Object).Spec.Selector).Matches(pod.Metadata.Labels)).ToList();
        if (covering.Count == 0)
        {
            return;
        }

        if (covering.Count > 1)
        {
            throw StatusErrors.InternalError("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
        }

        var ready = pod.Status.Conditions.Any(c => c is { Type: "Ready", Status: "True" });
        var name = covering[0].Name;
        if (!ready && ((PodDisruptionBudget)covering[0].Object).Spec.UnhealthyPodEvictionPolicy == "AlwaysAllow")
        {
            return;
        }

        var budgetScope = new RequestScope { Resource = budgets, User = scope.User, Namespace = scope.Namespace, Name = name, Subresource = "status", DryRun = scope.DryRun, Warnings = scope.Warnings };
        await MutateAsync(budgetScope, b => Disrupted((PodDisruptionBudget)b, pod, ready), cancellationToken).ConfigureAwait(false);
    }

    private PodDisruptionBudget Disrupted(PodDisruptionBudget current, Pod pod, bool ready)
    {
        var budget = current.Clone();
        if (!ready && budget.Status.CurrentHealthy >= budget.Status.DesiredHealthy && budget.Status.DesiredHealthy > 0)
        {
            // An unhealthy Pod does not count; evicting it disrupts nothing as long as the healthy ones suffice.
            return budget;
        }

        if (budget.Status.ObservedGeneration < budget.Metadata.Generation)
        {
            throw TooSoon("Cannot evict pod as it would violate the pod's disruption budget.", $"The disruption budget {budget.Metadata.Name} is still being processed by the server.", 10);
        }

        if (budget.Status.DisruptionsAllowed <= 0)
        {
            throw TooSoon("Cannot evict pod as it would violate the pod's disruption budget.",
                $"The disruption budget {budget.Metadata.Name} needs {budget.Status.DesiredHealthy} healthy pods and has {budget.Status.CurrentHealthy} currently", 0);
        }

        budget.Status.DisruptionsAllowed--;
        budget.Status.DisruptedPods[pod.Metadata.Name] = Now();
        return budget;
    }

    private static KubeStatusException TooSoon(string message, string cause, int retryAfter)
    {
        var error = StatusErrors.TooManyRequests(message, retryAfter);
        error.Status.Details!.Causes = [new StatusCause { Reason = "DisruptionBudget", Message = cause }];
        return error;
    }
}
