using Kobune.Api;
using Kobune.Api.Rbac.V1;
using Kobune.Client;

namespace Kobune.ApiServer.Authorization.Rbac;

/// <summary>Creates the default roles and bindings that are missing, and puts back rules and subjects that were taken out.</summary>
internal static class RbacBootstrap
{
    public static async Task RunAsync(ApiServerServices services, CancellationToken cancellationToken)
    {
        var defaults = RbacDefaults.Load();
        foreach (var role in defaults.ClusterRoles)
        {
            await EnsureAsync(services, role, live => Complete(live.Rules, role.Rules) | CompleteLabels(live, role), cancellationToken);
        }
        foreach (var binding in defaults.ClusterRoleBindings)
        {
            await EnsureAsync(services, binding, live => Complete(live.Subjects, binding.Subjects), cancellationToken);
        }
        foreach (var role in defaults.Roles)
        {
            await EnsureAsync(services, role, live => Complete(live.Rules, role.Rules), cancellationToken);
        }
        foreach (var binding in defaults.RoleBindings)
        {
            await EnsureAsync(services, binding, live => Complete(live.Subjects, binding.Subjects), cancellationToken);
        }
    }

    private static async Task EnsureAsync<T>(ApiServerServices services, T wanted, Func<T, bool> complete, CancellationToken cancellationToken)
        where T : KubeObject, IKubeKind<T>
    {
        var ns = T.Info.Namespaced ? wanted.Namespace : null;
        if (await services.Objects.FindAsync(T.Info, ns, wanted.Name, cancellationToken: cancellationToken) is not T stored)
        {
            await services.Client.CreateAsync(T.Info, wanted, null, cancellationToken);
            return;
        }
        if (stored.Metadata.Annotations.GetValueOrDefault(RbacDefaults.AutoUpdate) == "false")
        {
            return;
        }
        var live = (T)stored.DeepClone();
        if (complete(live))
        {
            await services.Client.UpdateAsync(T.Info, live, null, cancellationToken);
        }
    }

    private static bool Complete<T>(List<T> live, List<T> wanted) where T : ApiStruct
    {
        var missing = wanted.Where(w => !live.Any(l => ApiStruct.DeepEquals(l, w))).ToList();
        live.AddRange(missing);
        return missing.Count > 0;
    }

    // Rules of an aggregated role are the aggregation controller's: there is nothing to complete but labels.
    private static bool CompleteLabels(ClusterRole live, ClusterRole wanted)
    {
        var changed = false;
        foreach (var (name, value) in wanted.Metadata.Labels)
        {
            if (live.Metadata.Labels.GetValueOrDefault(name) != value)
            {
                live.Metadata.Labels[name] = value;
                changed = true;
            }
        }
        return changed;
    }
}
