using Kobune.Api;
using Kobune.ApiServer.Admission;
using Kobune.ApiServer.Patching;
using Kobune.ApiServer.Resources;
using Kobune.ApiServer.Validation;
using Kobune.Store;

namespace Kobune.ApiServer.Registry;

internal sealed partial class ResourceRegistry
{
    private const int GenerateNameAttempts = 8;

    /// <summary>Creates an object, given in the served version and owned by this call.</summary>
    public async ValueTask<ApiResult> CreateAsync(RequestScope scope, KubeObject body, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        var obj = await ToStorageAsync(resource, body, cancellationToken).ConfigureAwait(false);
        resource.Hooks.Default(obj);
        MetadataSteps.MatchNamespace(scope, obj);
        if (resource.Info is { Plural: "bindings", Group: "" })
        {
            var pods = new RequestScope
            {
                Resource = catalog.Find(ResourceInfo.Of<Kobune.Api.Core.V1.Pod>())!,
                User = scope.User,
                Namespace = scope.Namespace,
                Name = body.Metadata.Name,
                Subresource = "binding",
                DryRun = scope.DryRun,
                FieldManager = scope.FieldManager,
                Warnings = scope.Warnings,
            };
            return await BindAsync(pods, (Kobune.Api.Core.V1.Binding)body, cancellationToken).ConfigureAwait(false);
        }

        if (resource.Cache is null)
        {
            return await CreateVirtualAsync(scope, resource.CreateHandler, null, body, cancellationToken).ConfigureAwait(false);
        }

        if (resource.Custom is { IsTerminating: true })
        {
            throw CustomResources.CustomVersion.Ending(resource.Info);
        }

        if (obj.Metadata.ResourceVersion.Length > 0)
        {
            throw StatusErrors.BadRequest("resourceVersion should not be set on objects to be created");
        }

        MetadataSteps.FillForCreate(obj, Now(), services.Random);
        var generate = obj.Metadata is { Name.Length: 0, GenerateName.Length: > 0 };
        for (var attempt = 1; ; attempt++)
        {
            if (generate)
            {
                obj.Metadata.Name = GeneratedNames.From(obj.Metadata.GenerateName, services.Random);
            }

            try
            {
                // A generated name may be taken: each attempt goes on with a copy, so that admission starts from what was sent.
                return await ShownAsync(resource, await CreateOnceAsync(scope, generate ? obj.DeepClone() : obj, true, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }
            catch (KubeStatusException e) when (generate && e.Status.Reason == "AlreadyExists" && attempt < GenerateNameAttempts)
            {
                // Another name next time.
            }
        }
    }

    private async ValueTask<ApiResult> CreateOnceAsync(RequestScope scope, KubeObject obj, bool track, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        // Whoever creates can watch from the version that this returns, so the log must begin before it.
        await resource.Cache!.ReadAsync(0, cancellationToken).ConfigureAwait(false);
        var admissionContext = AdmissionOf(scope, AdmissionOperation.Create, obj.Metadata.Name, obj, null);
        await admission.AdmitAsync(admissionContext, cancellationToken).ConfigureAwait(false);
        obj = admissionContext.Object!;
        var context = ContextOf(scope);
        if (resource.HasStatus && !resource.Hooks.KeepsStatusOnCreate)
        {
            obj.ClearStatus();
        }

        if (track && scope.FieldManager.Length > 0)
        {
            // Before the kind's own preparation: what the server fills in belongs to nobody.
            fieldManager.Track(resource.Custom?.Info ?? resource.Storage, null, obj, new FieldManagerCall(scope.FieldManager, scope.Subresource, false, Now()));
        }

        obj.Metadata.Generation = resource.HasGeneration ? 1 : 0;
        resource.Hooks.PrepareForCreate(obj, context);
        var allocation = await resource.Hooks.AllocateAsync(obj, null, context, cancellationToken).ConfigureAwait(false);
        try
        {
            var errors = new FieldErrorList();
            ObjectMetaRules.Create(obj.Metadata, resource.Info.Namespaced, resource.Traits.NameRule, errors);
            resource.Hooks.Validate(obj, errors);
            errors.ThrowIfAny(resource.Info, obj.Metadata.Name);
            resource.Hooks.Warn(obj, null, scope.Warnings);
            admissionContext.Object = obj;
            await admission.ValidateAsync(admissionContext, cancellationToken).ConfigureAwait(false);
            scope.Warnings.AddRange(admissionContext.Warnings);
            scope.Warnings.AddRange(context.Warnings);
            var result = await InsertAsync(scope, obj, cancellationToken).ConfigureAwait(false);
            if (!scope.DryRun)
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

    private async ValueTask<ApiResult> InsertAsync(RequestScope scope, KubeObject obj, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        var key = resource.KeyOf(obj.Metadata.Namespace, obj.Metadata.Name);
        obj.Metadata.ResourceVersion = "";
        if (scope.DryRun)
        {
            return await FindFreshAsync(resource, obj.Metadata.Namespace, obj.Metadata.Name, cancellationToken).ConfigureAwait(false) is { } there
                ? throw Exists(resource, there.Object)
                : new ApiResult(201, null, resource.Converter?.FromStorage(obj) ?? obj);
        }

        var json = KubeJson.Write(obj);
        var lease = await LeaseOf(resource, cancellationToken).ConfigureAwait(false);
        var written = await store.WriteAsync(new WriteRequest(key, json, 0, lease), cancellationToken).ConfigureAwait(false);
        if (!written.Succeeded)
        {
            throw Exists(resource, KubeJson.Read(resource.Storage, written.Current!.Value.Span));
        }

        return new ApiResult(201, StoredObject.FromWrite(resource.Storage, key, written.Revision, json, obj));
    }

    private static KubeStatusException Exists(ServedResource resource, KubeObject there)
    {
        var error = StatusErrors.AlreadyExists(resource.Info, there.Metadata.Name);
        if (there.Metadata.DeletionTimestamp is not null)
        {
            error.Status.Message = "object is being deleted: " + error.Status.Message;
        }

        return error;
    }

    /// <summary>Reviews, tokens: nothing is stored, a handler answers.</summary>
    private async ValueTask<ApiResult> CreateVirtualAsync(RequestScope scope, ICreateHandler? handler, KubeObject? parent, KubeObject body, CancellationToken cancellationToken)
    {
        if (handler is null)
        {
            throw StatusErrors.MethodNotAllowed(scope.Resource.Info.Group, scope.Resource.Info.Plural, "create");
        }

        var admissionContext = AdmissionOf(scope, AdmissionOperation.Create, scope.Name, body, null);
        await admission.AdmitAsync(admissionContext, cancellationToken).ConfigureAwait(false);
        await admission.ValidateAsync(admissionContext, cancellationToken).ConfigureAwait(false);
        scope.Warnings.AddRange(admissionContext.Warnings);
        var call = new CreateCall(scope.Resource.Info, scope.Subresource, scope.Namespace, scope.Name, parent, admissionContext.Object!, scope.User, scope.DryRun);
        return new ApiResult(201, null, await handler.CreateAsync(call, cancellationToken).ConfigureAwait(false));
    }
}
