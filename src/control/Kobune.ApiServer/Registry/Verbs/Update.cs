using Kobune.Api;
using Kobune.ApiServer.Admission;
using Kobune.ApiServer.Patching;
using Kobune.ApiServer.Registry.Subresources;
using Kobune.ApiServer.Validation;
using Kobune.Store;

namespace Kobune.ApiServer.Registry;

/// <summary>Makes the new version of an object from the stored one, in storage version; called again when somebody else wrote in between.</summary>
/// <param name="current">Shared, not to be changed.</param>
internal delegate ValueTask<KubeObject> ObjectChange(StoredObject current, CancellationToken cancellationToken);

internal sealed partial class ResourceRegistry
{
    /// <summary>Replaces an object, or through a subresource a part of it; the body is in the served version and owned by this call.</summary>
    public async ValueTask<ApiResult> UpdateAsync(RequestScope scope, KubeObject body, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        MetadataSteps.MatchName(scope, body);
        MetadataSteps.MatchNamespace(scope, body);
        var part = SubresourceParts.Of(scope);
        var obj = part.Whole ? await ToStorageAsync(resource, body, cancellationToken).ConfigureAwait(false) : body;
        if (part.Whole)
        {
            resource.Hooks.Default(obj);
        }

        if (part.Whole && scope.Subresource.Length == 0 && obj.Metadata.ResourceVersion.Length == 0 && !resource.Traits.UnconditionalUpdate)
        {
            var errors = new FieldErrorList();
            errors.Invalid("metadata.resourceVersion", RawJson.Parse("0x0"), "must be specified for an update");
            errors.ThrowIfAny(resource.Info, obj.Metadata.Name);
        }

        return await ChangeAsync(
            scope,
            part,
            (_, _) => ValueTask.FromResult(obj.DeepClone()),
            resource.Traits.CreateOnUpdate && scope.Subresource.Length == 0 ? () => ValueTask.FromResult(obj.DeepClone()) : null,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The one way in which stored objects change: read, make, check, admit, validate, compare and write; again on a conflict with others.</summary>
    private async ValueTask<ApiResult> ChangeAsync(RequestScope scope, ObjectPart part, ObjectChange change, Func<ValueTask<KubeObject>>? create, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        for (var attempt = 1; ; attempt++)
        {
            var current = await FindFreshAsync(resource, scope.Namespace, scope.Name, cancellationToken).ConfigureAwait(false);
            if (current is null)
            {
                if (create is null)
                {
                    throw NotFound(resource, scope.Name);
                }

                return await ShownAsync(resource, await CreateMissingAsync(scope, await create().ConfigureAwait(false), !part.IsApply, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }

            var wanted = await change(current, cancellationToken).ConfigureAwait(false);
            CheckPreconditions(resource, wanted, current);
            var obj = part.Merge(wanted, current.Object);
            var done = await ReplaceAsync(scope, part, current, obj, cancellationToken).ConfigureAwait(false);
            if (done is { } result)
            {
                return await ShownAsync(resource, part.Present(result, resource), cancellationToken).ConfigureAwait(false);
            }

            if (attempt == MaxAttempts)
            {
                throw StatusErrors.Conflict(resource.Info, scope.Name, StatusErrors.Modified);
            }
        }
    }

    private ValueTask<ApiResult> CreateMissingAsync(RequestScope scope, KubeObject obj, bool track, CancellationToken cancellationToken)
    {
        if (obj.Metadata.ResourceVersion.Length > 0)
        {
            throw NotFound(scope.Resource, scope.Name);
        }

        if (obj.Metadata.Uid.Length > 0)
        {
            throw StatusErrors.Conflict(scope.Resource.Info, scope.Name, $"Precondition failed: UID in precondition: {obj.Metadata.Uid}, UID in object meta: ");
        }

        MetadataSteps.FillForCreate(obj, Now(), services.Random);
        return CreateOnceAsync(scope, obj, track, cancellationToken);
    }

    private static void CheckPreconditions(ServedResource resource, KubeObject wanted, StoredObject current)
    {
        var meta = wanted.Metadata;
        if (meta.Uid.Length > 0 && meta.Uid != current.Object.Metadata.Uid)
        {
            throw StatusErrors.Conflict(resource.Info, current.Name, $"Precondition failed: UID in precondition: {meta.Uid}, UID in object meta: {current.Object.Metadata.Uid}");
        }

        if (meta.ResourceVersion.Length > 0 && meta.ResourceVersion != "0" && ResourceVersions.Parse(meta.ResourceVersion) != current.Revision)
        {
            throw StatusErrors.Conflict(resource.Info, current.Name, StatusErrors.Modified);
        }
    }

    /// <summary>Admits, validates and writes; null when somebody else was faster.</summary>
    private async ValueTask<ApiResult?> ReplaceAsync(RequestScope scope, ObjectPart part, StoredObject current, KubeObject obj, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        var old = current.Object;
        var context = ContextOf(scope);
        MetadataSteps.FillForUpdate(obj, old);
        var admissionContext = AdmissionOf(scope, AdmissionOperation.Update, scope.Name, obj, old);
        await admission.AdmitAsync(admissionContext, cancellationToken).ConfigureAwait(false);
        obj = part.Guard(admissionContext.Object!, old);
        if (scope.FieldManager.Length > 0 && !part.IsApply)
        {
            // Before the kind's own preparation: what the server fills in belongs to nobody.
            fieldManager.Track(resource.Custom?.Info ?? resource.Storage, old, obj, new FieldManagerCall(scope.FieldManager, scope.Subresource, false, Now()));
        }

        part.Prepare(resource, obj, old, context);
        if (resource.HasGeneration && !part.IsStatus && !JsonParts.SameSpecification(KubeJson.Write(obj), current.Json, resource.IsCustom && !resource.HasStatus))
        {
            obj.Metadata.Generation = old.Metadata.Generation + 1;
        }

        var allocation = part.Whole && !part.IsStatus
            ? await resource.Hooks.AllocateAsync(obj, old, context, cancellationToken).ConfigureAwait(false)
            : null;
        try
        {
            var errors = new FieldErrorList();
            ObjectMetaRules.Update(obj.Metadata, old.Metadata, errors);
            part.Validate(resource, obj, old, errors);
            errors.ThrowIfAny(resource.Info, scope.Name);
            resource.Hooks.Warn(obj, old, scope.Warnings);
            admissionContext.Object = obj;
            await admission.ValidateAsync(admissionContext, cancellationToken).ConfigureAwait(false);
            scope.Warnings.AddRange(admissionContext.Warnings);
            scope.Warnings.AddRange(context.Warnings);
            var result = await WriteChangedAsync(scope, current, obj, cancellationToken).ConfigureAwait(false);
            if (result is not null && !scope.DryRun)
            {
                allocation = null;
            }

            return result;
        }
        finally
        {
            if (allocation is not null)
            {
                await allocation.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<ApiResult?> WriteChangedAsync(RequestScope scope, StoredObject current, KubeObject obj, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        obj.Metadata.ResourceVersion = "";
        var json = KubeJson.Write(obj);
        if (JsonParts.IsUnchanged(json, current) && !IsStale(current.Key))
        {
            return new ApiResult(200, current);
        }

        if (DeletionRules.VanishesWithUpdate(obj, current.Object, resource.Hooks))
        {
            return await RemoveAsync(scope, current, cancellationToken).ConfigureAwait(false) ? new ApiResult(200, null, WithVersion(obj, current)) : null;
        }

        if (scope.DryRun)
        {
            return new ApiResult(200, null, WithVersion(obj, current));
        }

        var lease = await LeaseOf(resource, cancellationToken).ConfigureAwait(false);
        var written = await store.WriteAsync(new WriteRequest(current.Key, json, current.Revision, lease), cancellationToken).ConfigureAwait(false);
        if (!written.Succeeded)
        {
            return null;
        }

        await resource.Hooks.AfterUpdateAsync(obj, current.Object, cancellationToken).ConfigureAwait(false);
        return new ApiResult(200, StoredObject.FromWrite(resource.Storage, current.Key, written.Revision, json, obj));
    }

    /// <summary>Deletes what is stored now; false when somebody else wrote in between.</summary>
    private async ValueTask<bool> RemoveAsync(RequestScope scope, StoredObject current, CancellationToken cancellationToken)
    {
        if (scope.DryRun)
        {
            return true;
        }

        var written = await store.WriteAsync(new WriteRequest(current.Key, null, current.Revision), cancellationToken).ConfigureAwait(false);
        if (written.Succeeded)
        {
            await scope.Resource.Hooks.ReleaseAsync(current.Object, cancellationToken).ConfigureAwait(false);
        }

        return written.Succeeded;
    }

    private static KubeObject WithVersion(KubeObject obj, StoredObject current)
    {
        obj.Metadata.ResourceVersion = ResourceVersions.Format(current.Revision);
        return obj;
    }
}
