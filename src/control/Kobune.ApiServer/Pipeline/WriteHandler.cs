using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Registry;
using Kobune.Client;

namespace Kobune.ApiServer.Pipeline;

/// <summary>POST, PUT, PATCH and DELETE.</summary>
internal sealed class WriteHandler(ResourceRegistry registry, ObjectResponses responses)
{
    public async Task HandleAsync(ApiRequest request, ServedResource resource)
    {
        var accepted = MediaTypes.Negotiate(request.Http.Request, resource);
        if (resource.Cache is null && accepted.Form != Form.Object)
        {
            // What is not stored has no metadata to show.
            throw StatusErrors.NotAcceptable(MediaTypes.Supported);
        }

        var body = await RequestBody.ReadAsync(request.Http.Request, request.Aborted).ConfigureAwait(false);
        var scope = Scopes.Of(request, resource);
        if (request.Audit is { WantsRequest: true } audit && body.Length > 0)
        {
            audit.RequestBody = Recordable(request, body);
        }

        if (request.Info.Verb == "deletecollection")
        {
            var options = DeleteOptionsOf(request, body);
            var list = await registry.DeleteCollectionAsync(Effective(scope, options), Scopes.List(request), options, request.Aborted).ConfigureAwait(false);
            await responses.ListAsync(request, resource, list, accepted).ConfigureAwait(false);
            return;
        }

        var result = request.Info.Verb switch
        {
            "create" => await CreateAsync(request, scope, body).ConfigureAwait(false),
            "update" => await registry.UpdateAsync(scope, Decode(request, SubresourceInfoOf(scope), body, scope), request.Aborted).ConfigureAwait(false),
            "patch" => await registry.PatchAsync(scope, PatchOf(request, resource, body), request.Aborted).ConfigureAwait(false),
            "delete" => await DeleteAsync(request, scope, body).ConfigureAwait(false),
            _ => throw StatusErrors.MethodNotAllowed(resource.Info.Group, resource.Info.Plural, request.Info.Verb),
        };
        await responses.ResultAsync(request, resource, result, accepted).ConfigureAwait(false);
    }

    private ValueTask<ApiResult> CreateAsync(ApiRequest request, RequestScope scope, ReadOnlyMemory<byte> body)
    {
        var obj = Decode(request, SubresourceInfoOf(scope), body, scope);
        return scope.Subresource.Length == 0
            ? registry.CreateAsync(scope, obj, request.Aborted)
            : registry.CreateSubresourceAsync(scope, obj, request.Aborted);
    }

    private ValueTask<ApiResult> DeleteAsync(ApiRequest request, RequestScope scope, ReadOnlyMemory<byte> body)
    {
        var options = DeleteOptionsOf(request, body);
        return registry.DeleteAsync(Effective(scope, options), options, request.Aborted);
    }

    /// <summary>The kind of a subresource's body.</summary>
    private static ResourceInfo SubresourceInfoOf(RequestScope scope)
    {
        if (scope.Subresource.Length == 0)
        {
            return scope.Resource.Info;
        }

        var sub = scope.Resource.Info.Subresource(scope.Subresource)!;
        return sub.Kind == scope.Resource.Info.Kind ? scope.Resource.Info
            : ResourceInfo.FindKind(sub.Group, sub.Version, sub.Kind) ?? throw StatusErrors.NoSuchPath();
    }

    private static KubeObject Decode(ApiRequest request, ResourceInfo info, ReadOnlyMemory<byte> body, RequestScope scope)
    {
        var encoding = MediaTypes.OfBody(request.Http.Request);
        if (encoding != Encoding.Protobuf)
        {
            return Decoding.Decode(info, RequestBody.ToJson(body, encoding).Span, scope);
        }

        if (scope.Resource.IsCustom && info == scope.Resource.Info)
        {
            throw StatusErrors.UnsupportedMediaType(MediaTypes.TextOnly);
        }

        try
        {
            return KubeProto.Read(info, body.Span);
        }
        catch (Exception e) when (e is KubeDecodeException or FormatException or InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            throw StatusErrors.BadRequest($"{info.Kind} in version \"{info.Version}\" cannot be handled as a {info.Kind}: {e.Message}");
        }
    }

    private static Patch PatchOf(ApiRequest request, ServedResource resource, ReadOnlyMemory<byte> body)
    {
        PatchKind kind;
        switch (MediaTypes.Essence(request.Http.Request.ContentType))
        {
            case "application/json-patch+json": kind = PatchKind.Json; break;
            case "application/merge-patch+json": kind = PatchKind.Merge; break;
            case "application/strategic-merge-patch+json" when !resource.IsCustom: kind = PatchKind.StrategicMerge; break;
            case "application/apply-patch+yaml":
                kind = PatchKind.Apply;
                body = RequestBody.ToJson(body, Encoding.Yaml);
                break;
            default: throw StatusErrors.UnsupportedMediaType(resource.IsCustom ? MediaTypes.CustomPatches : MediaTypes.Patches);
        }

        if (kind != PatchKind.Apply && request.Query("force") is not null)
        {
            throw StatusErrors.Invalid("meta.k8s.io", "PatchOptions", "", [FieldError.Forbidden("force", "may not be specified for non-apply patch")]);
        }

        return new Patch(kind, body);
    }

    /// <summary>The body as JSON for the audit log; empty when it cannot be told as JSON.</summary>
    private static ReadOnlyMemory<byte> Recordable(ApiRequest request, ReadOnlyMemory<byte> body)
    {
        try
        {
            var type = MediaTypes.Essence(request.Http.Request.ContentType);
            return type == MediaTypes.Protobuf ? default
                : LooksLikeJson(body.Span) || type.EndsWith("+json", StringComparison.Ordinal) || type is "" or MediaTypes.Json ? body
                : RequestBody.ToJson(body, Encoding.Yaml);
        }
        catch (KubeStatusException)
        {
            return default;
        }
    }

    private static bool LooksLikeJson(ReadOnlySpan<byte> body) => body.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    private static RequestScope Effective(RequestScope scope, DeleteOptions options) => options.DryRun.Count == 0 ? scope : new RequestScope
    {
        Resource = scope.Resource,
        User = scope.User,
        Namespace = scope.Namespace,
        Name = scope.Name,
        Subresource = scope.Subresource,
        DryRun = true,
        FieldManager = scope.FieldManager,
        Warnings = scope.Warnings,
    };

    /// <summary>From the body when there is one, otherwise from the query.</summary>
    private static DeleteOptions DeleteOptionsOf(ApiRequest request, ReadOnlyMemory<byte> body)
    {
        if (body.Length == 0)
        {
            var options = new DeleteOptions
            {
                GracePeriodSeconds = long.TryParse(request.Query("gracePeriodSeconds"), System.Globalization.CultureInfo.InvariantCulture, out var grace) ? grace : null,
                PropagationPolicy = request.Query("propagationPolicy"),
                OrphanDependents = request.Query("orphanDependents") is { } orphan ? orphan == "true" : null,
            };
            if (request.Query("dryRun") is { Length: > 0 } dryRun)
            {
                options.DryRun.Add(dryRun);
            }

            return options;
        }

        var encoding = MediaTypes.OfBody(request.Http.Request);
        try
        {
            var options = encoding == Encoding.Protobuf
                ? KubeProto.Read<DeleteOptions>(body.Span)
                : KubeJson.Read<DeleteOptions>(RequestBody.ToJson(body, encoding).Span);
            if (request.Query("dryRun") is { Length: > 0 } dryRun && options.DryRun.Count == 0)
            {
                options.DryRun.Add(dryRun);
            }

            return options;
        }
        catch (KubeDecodeException e)
        {
            throw StatusErrors.BadRequest("DeleteOptions: " + e.Message);
        }
    }
}
