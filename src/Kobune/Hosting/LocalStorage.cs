using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Rbac.V1;
using Kobune.Api.Storage.V1;
using Kobune.Client;

namespace Kobune.Hosting;

/// <summary>
/// The storage that a cluster has from the start: the default class <c>standard</c>, whose volumes are directories of the
/// nodes, and the rights of its provisioner.
/// </summary>
internal static class LocalStorage
{
    private const string Role = "kobune:local-path-provisioner";

    public static Task EnsureAsync(IKubeClient client, CancellationToken cancellationToken) => Task.WhenAll(
        EnsureAsync(client, Class(), cancellationToken),
        EnsureAsync(client, Rights(), cancellationToken),
        EnsureAsync(client, Binding(), cancellationToken));

    private static StorageClass Class() => new()
    {
        Metadata = { Name = "standard", Annotations = { [KubeConstants.DefaultStorageClassAnnotation] = "true" } },
        Provisioner = "kobune.dev/local-path",
        ReclaimPolicy = "Delete",
        VolumeBindingMode = "WaitForFirstConsumer",
        AllowVolumeExpansion = true,
    };

    private static ClusterRole Rights() => new()
    {
        Metadata = { Name = Role },
        Rules =
        {
            Rule("", ["persistentvolumes"], "get", "list", "watch", "create", "update", "delete"),
            Rule("", ["persistentvolumeclaims"], "get", "list", "watch"),
            Rule("", ["persistentvolumeclaims/status"], "update"),
            Rule("", ["nodes"], "get", "list", "watch", "patch"),
            Rule("storage.k8s.io", ["storageclasses"], "get", "list", "watch"),
            Rule("", ["events"], "create", "patch", "update"),
        },
    };

    private static PolicyRule Rule(string group, string[] resources, params string[] verbs) =>
        new() { ApiGroups = { group }, Resources = [.. resources], Verbs = [.. verbs] };

    private static ClusterRoleBinding Binding() => new()
    {
        Metadata = { Name = Role },
        RoleRef = new RoleRef { ApiGroup = ClusterRoleBinding.Info.Group, Kind = "ClusterRole", Name = Role },
        Subjects = { new Subject { Kind = "ServiceAccount", Namespace = "kube-system", Name = "local-path-provisioner" } },
    };

    private static async Task EnsureAsync<T>(IKubeClient client, T obj, CancellationToken cancellationToken) where T : KubeObject, IKubeKind<T>
    {
        try
        {
            await client.CreateAsync(obj, cancellationToken: cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsAlreadyExists)
        {
            // From an earlier start; what the administrator made of it stays.
        }
    }
}
