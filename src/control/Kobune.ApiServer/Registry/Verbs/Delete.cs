using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Admission;
using Kobune.Client;
using Kobune.Store;

namespace Kobune.ApiServer.Registry;

internal sealed partial class ResourceRegistry
{
    /// <summary>Deletes an object, or marks it when finalizers or a grace period hold it.</summary>
    public async ValueTask<ApiResult> DeleteAsync(RequestScope scope, DeleteOptions options, CancellationToken cancellationToken)
    {
        DeletionRules.Check(options);
        var resource = scope.Resource;
        for (var attempt = 1; ; attempt++)
        {
            var current = await FindFreshAsync(resource, scope.Namespace, scope.Name, cancellationToken).ConfigureAwait(false)
                ?? throw NotFound(resource, scope.Name);
            CheckPreconditions(resource, current, options.Preconditions);
            var admissionContext = AdmissionOf(scope, AdmissionOperation.Delete, scope.Name, null, current.Object, options);
            if (!scope.SkipAdmission)
            {
                await admission.AdmitAsync(admissionContext, cancellationToken).ConfigureAwait(false);
                await admission.ValidateAsync(admissionContext, cancellationToken).ConfigureAwait(false);
            }

            if (await DeleteOnceAsync(scope, current, options, cancellationToken).ConfigureAwait(false) is { } result)
            {
                return result;
            }

            if (attempt == MaxAttempts)
            {
                throw StatusErrors.Conflict(resource.Info, scope.Name, StatusErrors.Modified);
            }
        }
    }

    /// <summary>Deletes everything that is selected, one by one; what vanishes in between does not matter.</summary>
    public async ValueTask<ListResult> DeleteCollectionAsync(RequestScope scope, ListOptions selection, DeleteOptions options, CancellationToken cancellationToken)
    {
        var list = await ListAsync(scope, selection with { Limit = null, Continue = null }, cancellationToken).ConfigureAwait(false);
        foreach (var item in list.Items)
        {
            var one = new RequestScope
            {
                Resource = scope.Resource,
                User = scope.User,
                Namespace = item.Object.Metadata.Namespace,
                Name = item.Name,
                DryRun = scope.DryRun,
                FieldManager = scope.FieldManager,
                Warnings = scope.Warnings,
                SkipAdmission = scope.SkipAdmission,
            };
            try
            {
                await DeleteAsync(one, options, cancellationToken).ConfigureAwait(false);
            }
            catch (KubeStatusException e) when (e.Status.Code == 404)
            {
                // Gone already, as wanted.
            }
        }

        return list;
    }

    private static void CheckPreconditions(ServedResource resource, StoredObject current, Preconditions? wanted)
    {
        if (wanted?.Uid is { } uid && uid != current.Object.Metadata.Uid)
        {
            throw StatusErrors.Conflict(resource.Info, current.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.Object.Metadata.Uid}");
        }

        if (wanted?.ResourceVersion is { } version && version != ResourceVersions.Format(current.Revision))
        {
            throw StatusErrors.Conflict(resource.Info, current.Name, $"Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: {current.Revision}");
        }
    }

    /// <summary>null when somebody else wrote in between.</summary>
    private async ValueTask<ApiResult?> DeleteOnceAsync(RequestScope scope, StoredObject current, DeleteOptions options, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        var obj = current.Object.DeepClone();
        var meta = obj.Metadata;
        var first = meta.DeletionTimestamp is null;
        var grace = resource.Hooks.GracePeriod(obj, options.GracePeriodSeconds);
        var graceful = false;
        if (grace is { } period)
        {
            period = Math.Max(period, options.GracePeriodSeconds < 0 ? 1 : 0);
            switch (Graceful(meta, period, options.GracePeriodSeconds is not null))
            {
                case GraceStep.Pending: return new ApiResult(200, current);
                case GraceStep.Marked: graceful = true; break;
            }
        }

        meta.Finalizers = DeletionRules.Finalizers(obj, options);
        var held = meta.Finalizers.Count > 0 || resource.Hooks.HoldsDeletion(obj);
        if (!held && (!graceful || meta.DeletionGracePeriodSeconds is 0))
        {
            return await RemoveAsync(scope, current, cancellationToken).ConfigureAwait(false) ? Gone(scope, current) : null;
        }

        if (!graceful && first)
        {
            meta.DeletionTimestamp = Now();
            meta.DeletionGracePeriodSeconds = 0;
        }

        if (first)
        {
            resource.Hooks.MarkDeleting(obj);
            meta.Generation += meta.Generation > 0 ? 1 : 0;
        }

        meta.ResourceVersion = "";
        var json = KubeJson.Write(obj);
        if (JsonParts.IsUnchanged(json, current))
        {
            return new ApiResult(200, current);
        }

        if (scope.DryRun)
        {
            return new ApiResult(200, null, WithVersion(obj, current));
        }

        var written = await store.WriteAsync(new WriteRequest(current.Key, json, current.Revision), cancellationToken).ConfigureAwait(false);
        return written.Succeeded ? new ApiResult(200, StoredObject.FromWrite(resource.Storage, current.Key, written.Revision, json, obj)) : null;
    }

    private enum GraceStep { None, Marked, Pending }

    /// <summary>The first deletion starts the period; a later one may only shorten it.</summary>
    private GraceStep Graceful(ObjectMeta meta, long period, bool asked)
    {
        if (meta.DeletionTimestamp is not { } deadline)
        {
            meta.DeletionTimestamp = Now().AddSeconds(period);
            meta.DeletionGracePeriodSeconds = period;
            return GraceStep.Marked;
        }

        if (meta.DeletionGracePeriodSeconds is null or 0)
        {
            // Waiting for finalizers, or for the kubelet's final word, which is a deletion with grace 0.
            return meta.Finalizers.Count > 0 ? GraceStep.Pending : GraceStep.None;
        }

        if (!asked || period >= meta.DeletionGracePeriodSeconds)
        {
            return GraceStep.Pending;
        }

        meta.DeletionTimestamp = deadline.AddSeconds(period - meta.DeletionGracePeriodSeconds.Value);
        meta.DeletionGracePeriodSeconds = period;
        return GraceStep.Marked;
    }

    private static ApiResult Gone(RequestScope scope, StoredObject current)
    {
        var resource = scope.Resource;
        if (resource.Traits.ReturnsDeleted)
        {
            return new ApiResult(200, current);
        }

        return new ApiResult(200, null, null, new Status
        {
            Result = "Success",
            Details = new StatusDetails { Name = current.Name, Group = resource.Info.Group, Kind = resource.Info.Plural, Uid = current.Object.Metadata.Uid },
        });
    }
}
