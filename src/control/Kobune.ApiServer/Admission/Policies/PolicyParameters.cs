using Kobune.Api;
using Kobune.Api.AdmissionRegistration.V1;

namespace Kobune.ApiServer.Admission.Policies;

/// <summary>The parameter objects that a binding names.</summary>
internal static class PolicyParameters
{
    /// <summary>Each is evaluated for itself; a single null where the policy has none; empty: the binding does not apply.</summary>
    /// <exception cref="KubeStatusException">403: there are none, and that denies.</exception>
    public static async ValueTask<IReadOnlyList<KubeObject?>> OfAsync(
        ApiServerServices services, AdmissionContext context, string who, ParamKind? kind, ParamRef? reference, bool failsClosed, CancellationToken cancellationToken)
    {
        if (kind is null || reference is null)
        {
            return [null];
        }

        var gvk = Kobune.Api.GroupVersionKind.From(kind.ApiVersion, kind.Kind);
        var resource = ResourceInfo.FindKind(gvk.Group, gvk.Version, gvk.Kind) is { Plural.Length: > 0 } builtIn ? builtIn
            : context.Catalog?.Custom.FirstOrDefault(r => r.Group == gvk.Group && r.Version == gvk.Version && r.Kind == gvk.Kind);
        var found = new List<KubeObject?>();
        if (resource is null)
        {
            return failsClosed ? throw Denied(context, $"{who} denied request: failed to configure binding: no kind \"{kind.Kind}\" is registered for version \"{kind.ApiVersion}\"") : [];
        }

        var ns = !resource.Namespaced ? null : reference.Namespace.Length > 0 ? reference.Namespace : context.Namespace;
        if (reference.Name.Length > 0)
        {
            if (await services.Objects.FindAsync(resource, ns, reference.Name, false, cancellationToken).ConfigureAwait(false) is { } one)
            {
                found.Add(one);
            }
        }
        else
        {
            var selector = LabelSelectors.From(reference.Selector);
            found.AddRange((await services.Objects.ListAsync(resource, ns, false, cancellationToken).ConfigureAwait(false)).Where(o => selector.Matches(o.Metadata.Labels)));
        }

        return found.Count > 0 || reference.ParameterNotFoundAction == "Allow" || !failsClosed ? found
            : throw Denied(context, $"{who} denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction");
    }

    private static KubeStatusException Denied(AdmissionContext context, string why) => StatusErrors.Forbidden(context.Resource, context.Name, why);
}
