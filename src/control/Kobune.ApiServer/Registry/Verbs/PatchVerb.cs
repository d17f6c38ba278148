using Kobune.Api;
using Kobune.ApiServer.Patching;
using Kobune.ApiServer.Registry.Subresources;
using Kobune.Client;

namespace Kobune.ApiServer.Registry;

internal sealed partial class ResourceRegistry
{
    /// <summary>Patches an object or a part of it; apply creates what is missing.</summary>
    public ValueTask<ApiResult> PatchAsync(RequestScope scope, Patch patch, CancellationToken cancellationToken) =>
        patch.Kind == PatchKind.Apply ? ApplyAsync(scope, patch.Body, cancellationToken) : PatchCurrentAsync(scope, patch, cancellationToken);

    private ValueTask<ApiResult> PatchCurrentAsync(RequestScope scope, Patch patch, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        var part = SubresourceParts.Of(scope);
        return ChangeAsync(scope, part, (current, _) => part.Whole ? PatchedObjectAsync(current) : ValueTask.FromResult(PatchedScale(current)), null, cancellationToken);

        async ValueTask<KubeObject> PatchedObjectAsync(StoredObject current)
        {
            await PrepareAsync(resource, [current], cancellationToken).ConfigureAwait(false);
            var json = patcher.Patch(patch.Kind, resource.Info, resource.JsonOf(current), patch.Body);
            var obj = Decoding.DecodePatched(resource.Info, json, patch.Body, scope);
            var stored = await ToStorageAsync(resource, obj, cancellationToken).ConfigureAwait(false);
            CheckIdentity(scope, stored);
            resource.Hooks.Default(stored);
            return UnlessVersionSent(stored, current);
        }

        KubeObject PatchedScale(StoredObject current)
        {
            var info = ResourceInfo.Of<Kobune.Api.Autoscaling.V1.Scale>();
            var scale = ScaleView.Of(current.Object);
            var patched = Decoding.DecodePatched(info, patcher.Patch(patch.Kind, info, KubeJson.Write(scale), patch.Body), patch.Body, scope);
            return UnlessVersionSent(patched, current);
        }
    }

    /// <summary>A version that the patch did not change makes no condition: the patch is applied to whatever is there.</summary>
    private static KubeObject UnlessVersionSent(KubeObject obj, StoredObject current)
    {
        if (obj.Metadata.ResourceVersion == ResourceVersions.Format(current.Revision))
        {
            obj.Metadata.ResourceVersion = "";
        }

        return obj;
    }

    private static void CheckIdentity(RequestScope scope, KubeObject obj)
    {
        if (obj.Metadata.Name != scope.Name)
        {
            throw StatusErrors.BadRequest($"the name of the object ({obj.Metadata.Name}) does not match the name on the URL ({scope.Name})");
        }

        if (scope.Resource.Info.Namespaced && obj.Metadata.Namespace != scope.Namespace)
        {
            throw StatusErrors.BadRequest($"the namespace of the object ({obj.Metadata.Namespace}) does not match the namespace on the URL ({scope.Namespace})");
        }
    }

    private ValueTask<ApiResult> ApplyAsync(RequestScope scope, ReadOnlyMemory<byte> configuration, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        if (scope.FieldManager.Length == 0)
        {
            var errors = new Validation.FieldErrorList();
            errors.Required("fieldManager", "is required for apply patch");
            errors.ThrowIfAny("meta.k8s.io", "PatchOptions", "");
        }

        var basis = SubresourceParts.Of(scope);
        if (!basis.Whole)
        {
            throw StatusErrors.BadRequest("apply is not supported for this subresource");
        }

        var part = new AppliedPart(basis);
        var call = new FieldManagerCall(scope.FieldManager, scope.Subresource, scope.Force, Now());
        // Decoded once to check the configuration itself: kind, unknown fields, types.
        var decoded = Decoding.DecodeApplied(resource.Info, configuration.Span, scope);
        MetadataSteps.MatchName(scope, decoded);
        MetadataSteps.MatchNamespace(scope, decoded);
        return ChangeAsync(
            scope,
            part,
            async (current, _) =>
            {
                await PrepareAsync(resource, [current], cancellationToken).ConfigureAwait(false);
                var applied = fieldManager.Apply(resource.Info, resource.ObjectOf(current), configuration, call);
                return UnlessVersionSent(await ToStorageDefaultedAsync(applied).ConfigureAwait(false), current);
            },
            scope.Subresource.Length == 0 ? CreateAppliedAsync : null,
            cancellationToken);

        async ValueTask<KubeObject> CreateAppliedAsync()
        {
            var empty = resource.Info.Create();
            empty.Metadata.Name = scope.Name;
            empty.Metadata.Namespace = resource.Info.Namespaced ? scope.Namespace : "";
            return await ToStorageDefaultedAsync(fieldManager.Apply(resource.Info, empty, configuration, call)).ConfigureAwait(false);
        }

        async ValueTask<KubeObject> ToStorageDefaultedAsync(KubeObject applied)
        {
            var stored = await ToStorageAsync(resource, applied, cancellationToken).ConfigureAwait(false);
            resource.Hooks.Default(stored);
            return stored;
        }
    }

    /// <summary>An applied part: the field manager has brought managedFields up to date already.</summary>
    private sealed class AppliedPart : ObjectPart
    {
        private readonly ObjectPart basis;

        public AppliedPart(ObjectPart basis)
        {
            this.basis = basis;
            IsApply = true;
        }

        public override bool IsStatus => basis.IsStatus;
        public override KubeObject Guard(KubeObject obj, KubeObject current) => basis.Guard(obj, current);
        public override void Prepare(ServedResource resource, KubeObject obj, KubeObject old, Resources.WriteContext context) => basis.Prepare(resource, obj, old, context);
        public override void Validate(ServedResource resource, KubeObject obj, KubeObject old, Validation.FieldErrorList errors) => basis.Validate(resource, obj, old, errors);
        public override ApiResult Present(ApiResult result, ServedResource resource) => basis.Present(result, resource);
    }
}
