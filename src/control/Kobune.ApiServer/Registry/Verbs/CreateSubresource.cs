using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Admission;
using Kobune.ApiServer.Registry.Subresources;

namespace Kobune.ApiServer.Registry;

internal sealed partial class ResourceRegistry
{
    /// <summary>Creates through a subresource: binding, eviction, token.</summary>
    public async ValueTask<ApiResult> CreateSubresourceAsync(RequestScope scope, KubeObject body, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        var name = body.Metadata.Name;
        if (name.Length > 0 && name != scope.Name)
        {
            throw StatusErrors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({scope.Name})");
        }

        body.Metadata.Name = scope.Name;
        MetadataSteps.MatchNamespace(scope, body);
        if (resource.Storage.Kind == "Pod" && scope.Subresource == "binding")
        {
            return await BindAsync(scope, (Binding)body, cancellationToken).ConfigureAwait(false);
        }

        if (resource.Storage.Kind == "Pod" && scope.Subresource == "eviction")
        {
            return await EvictAsync(scope, (Kobune.Api.Policy.V1.Eviction)body, cancellationToken).ConfigureAwait(false);
        }

        var handler = catalog.CreateHandler(resource.QualifiedPlural + "/" + scope.Subresource) ?? throw StatusErrors.NoSuchPath();
        var parent = await FindFreshAsync(resource, scope.Namespace, scope.Name, cancellationToken).ConfigureAwait(false) ?? throw NotFound(resource, scope.Name);
        return await CreateVirtualAsync(scope, handler, parent.Object, body, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Assigns a Pod to a node, once.</summary>
    public async ValueTask<ApiResult> BindAsync(RequestScope scope, Binding binding, CancellationToken cancellationToken)
    {
        if (binding.Target.Name.Length == 0)
        {
            throw StatusErrors.Invalid("", "Binding", scope.Name, [FieldError.Required("target.name")]);
        }

        if (binding.Target.Kind is not ("" or "Node"))
        {
            throw StatusErrors.Invalid("", "Binding", scope.Name, [FieldError.NotSupported("target.kind", binding.Target.Kind, "Node", "")]);
        }

        var admissionContext = AdmissionOf(scope, AdmissionOperation.Create, scope.Name, binding, null);
        await admission.AdmitAsync(admissionContext, cancellationToken).ConfigureAwait(false);
        await admission.ValidateAsync(admissionContext, cancellationToken).ConfigureAwait(false);
        await MutateAsync(scope, current => Bound((Pod)current, binding), cancellationToken).ConfigureAwait(false);
        return new ApiResult(201, null, null, new Kobune.Api.Meta.V1.Status { Result = "Success", Code = 201 });
    }

    private Pod Bound(Pod current, Binding binding)
    {
        if (binding.Metadata.Uid.Length > 0 && binding.Metadata.Uid != current.Metadata.Uid)
        {
            throw StatusErrors.Conflict("", "pods/binding", current.Metadata.Name, $"Precondition failed: UID in precondition: {binding.Metadata.Uid}, UID in object meta: {current.Metadata.Uid}");
        }

        if (current.Metadata.DeletionTimestamp is not null)
        {
            throw StatusErrors.Conflict("", "pods/binding", current.Metadata.Name, $"pod {current.Metadata.Name} is being deleted, cannot be assigned to a host");
        }

        if (current.Spec.NodeName.Length > 0)
        {
            throw StatusErrors.Conflict("", "pods/binding", current.Metadata.Name, $"pod {current.Metadata.Name} is already assigned to node \"{current.Spec.NodeName}\"");
        }

        if (current.Spec.SchedulingGates.Count > 0)
        {
            throw StatusErrors.Conflict("", "pods/binding", current.Metadata.Name, $"pod {current.Metadata.Name} has non-empty .spec.schedulingGates");
        }

        var pod = current.Clone();
        pod.Spec.NodeName = binding.Target.Name;
        foreach (var (key, value) in binding.Metadata.Annotations)
        {
            pod.Metadata.Annotations[key] = value;
        }

        var condition = pod.Status.Conditions.Find(c => c.Type == "PodScheduled");
        if (condition is null)
        {
            pod.Status.Conditions.Add(condition = new PodCondition { Type = "PodScheduled" });
        }

        if (condition.Status != "True")
        {
            condition.Status = "True";
            condition.Reason = "";
            condition.Message = "";
            condition.LastTransitionTime = Now();
            condition.ObservedGeneration = pod.Metadata.Generation;
        }

        return pod;
    }

    /// <summary>A change by the registry itself, behind admission and without validation; again when others write in between.</summary>
    private async ValueTask<StoredObject> MutateAsync(RequestScope scope, Func<KubeObject, KubeObject> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var current = await FindFreshAsync(scope.Resource, scope.Namespace, scope.Name, cancellationToken).ConfigureAwait(false)
                ?? throw NotFound(scope.Resource, scope.Name);
            var obj = change(current.Object);
            if (await WriteChangedAsync(scope, current, obj, cancellationToken).ConfigureAwait(false) is { } done)
            {
                return done.Stored ?? current;
            }
        }

        throw StatusErrors.Conflict(scope.Resource.Info, scope.Name);
    }
}
