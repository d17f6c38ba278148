using Kobune.Api;

namespace Kobune.ApiServer.Registry;

/// <summary>Written JSON to typed objects, with field validation as the request asks for it.</summary>
internal static class Decoding
{
    /// <exception cref="KubeStatusException">400: not JSON, wrong kind, wrong types, or with strict validation unknown or duplicate fields.</exception>
    public static KubeObject Decode(ResourceInfo resource, ReadOnlySpan<byte> json, RequestScope scope)
    {
        try
        {
            CheckKind(resource, json);
            var report = scope.FieldValidation == FieldValidation.Ignore ? null : new DecodeReport();
            var obj = KubeJson.Read(resource, json, report);
            if (obj is DynamicObject custom)
            {
                scope.Resource.Custom?.Shape(custom, report);
            }

            Report(resource, report, scope);
            return obj;
        }
        catch (KubeDecodeException e)
        {
            throw StatusErrors.BadRequest($"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: {e.Message}");
        }
    }

    /// <summary>
    /// A configuration to apply. Ownership is told field by field, so that fields without a schema are refused, however
    /// lenient the validation that was asked for.
    /// </summary>
    /// <exception cref="KubeStatusException">As <see cref="Decode"/>; 500 for undeclared fields, as upstream answers.</exception>
    public static KubeObject DecodeApplied(ResourceInfo resource, ReadOnlySpan<byte> json, RequestScope scope)
    {
        try
        {
            CheckKind(resource, json);
            var report = new DecodeReport();
            var obj = KubeJson.Read(resource, json, report);
            if (obj is DynamicObject custom)
            {
                scope.Resource.Custom?.Shape(custom, report);
            }

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

            Report(resource, report, scope);
            return obj;
        }
        catch (KubeDecodeException e)
        {
            throw StatusErrors.BadRequest($"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: {e.Message}");
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

    private static void Report(ResourceInfo resource, DecodeReport? report, RequestScope scope)
    {
        if (report is null || report.IsClean)
        {
            return;
        }

        if (scope.FieldValidation == FieldValidation.Strict)
        {
            throw StatusErrors.BadRequest($"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: strict decoding error: {string.Join(", ", report.Messages())}");
        }

        scope.Warnings.AddRange(report.Messages());
    }
}
