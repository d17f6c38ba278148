using Kobune.Api;

namespace Kobune.ApiServer.Registry;

/// <summary>Written JSON to typed objects, with field validation as the request asks for it.</summary>
internal static class Decoding
{
    /// <exception cref="KubeStatusException">400: not JSON, wrong kind, wrong types, or with strict validation unknown or duplicate fields.</exception>
    public static KubeObject Decode(ResourceInfo resource, ReadOnlySpan<byte> json, RequestScope scope)
    {
        var report = scope.FieldValidation == FieldValidation.Ignore ? null : new DecodeReport();
        var obj = Read(resource, json, report, scope);
        RequireClean(resource, report, scope);
        return obj;
    }

    /// <summary>What a patch made of an object. Strict validation blames the patch and not the object, as upstream does.</summary>
    /// <exception cref="KubeStatusException">400: wrong types; 422: with strict validation unknown fields.</exception>
    public static KubeObject DecodePatched(ResourceInfo resource, ReadOnlySpan<byte> json, ReadOnlyMemory<byte> patch, RequestScope scope)
    {
        var report = scope.FieldValidation == FieldValidation.Ignore ? null : new DecodeReport();
        var obj = Read(resource, json, report, scope);
        if (Problems(report, scope) is { } problems)
        {
            throw StatusErrors.Invalid("", "", "", [FieldError.Invalid("patch", System.Text.Encoding.UTF8.GetString(patch.Span), "strict decoding error: " + problems)]);
        }

        return obj;
    }

    /// <summary>
    /// A configuration to apply. Ownership is told field by field, so that fields without a schema are refused, however
    /// lenient the validation that was asked for.
    /// </summary>
    /// <exception cref="KubeStatusException">As <see cref="Decode"/>; 500 for undeclared fields, as upstream answers.</exception>
    public static KubeObject DecodeApplied(ResourceInfo resource, ReadOnlySpan<byte> json, RequestScope scope)
    {
        var report = new DecodeReport();
        var obj = Read(resource, json, report, scope);
        if (report.Unknown.Count > 0)
        {
            var lines = report.Unknown.Select(f => $".{f}: field not declared in schema").ToList();
            throw new KubeStatusException(new Kobune.Api.Meta.V1.Status
            {
                Result = "Failure",
                Code = 500,
                Message = $"failed to create typed patch object ({scope.Namespace}/{scope.Name}; {resource.GroupVersionKind}): "
                    + (lines.Count == 1 ? lines[0] : "errors:\n  " + string.Join("\n  ", lines)),
            });
        }

        RequireClean(resource, report, scope);
        return obj;
    }

    private static KubeObject Read(ResourceInfo resource, ReadOnlySpan<byte> json, DecodeReport? report, RequestScope scope)
    {
        try
        {
            CheckKind(resource, json);
            var obj = KubeJson.Read(resource, json, report);
            if (obj is DynamicObject custom)
            {
                scope.Resource.Custom?.Shape(custom, report);
            }

            return obj;
        }
        catch (KubeDecodeException e)
        {
            throw StatusErrors.BadRequest($"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: {e.Message}");
        }
    }

    private static void RequireClean(ResourceInfo resource, DecodeReport? report, RequestScope scope)
    {
        if (Problems(report, scope) is { } problems)
        {
            throw StatusErrors.BadRequest($"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: strict decoding error: {problems}");
        }
    }

    /// <summary>A body may leave kind and version out, but not name others.</summary>
    private static void CheckKind(ResourceInfo resource, ReadOnlySpan<byte> json)
    {
        var (apiVersion, kind) = KubeJson.Identify(json);
        if (apiVersion.Length > 0 && apiVersion != resource.ApiVersion)
        {
            throw StatusErrors.BadRequest($"the API version in the data ({apiVersion}) does not match the expected API version ({resource.ApiVersion})");
        }

        if (kind.Length > 0 && kind != resource.Kind)
        {
            throw StatusErrors.BadRequest($"{kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: no kind \"{kind}\" is registered for this resource");
        }
    }

    /// <summary>Warns, or with strict validation returns what to refuse the body for.</summary>
    private static string? Problems(DecodeReport? report, RequestScope scope)
    {
        if (report is null || report.IsClean)
        {
            return null;
        }

        if (scope.FieldValidation == FieldValidation.Strict)
        {
            return string.Join(", ", report.Messages());
        }

        scope.Warnings.AddRange(report.Messages());
        return null;
    }
}
