using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Rbac.V1;
using Kobune.Client;
using Kobune.Network;

namespace Kobune.Joining;

/// <summary>
/// What a joining node has to know of the cluster and cannot guess: the ConfigMap kube-system/kobune-config, which every node
/// may read.
/// </summary>
internal static class ClusterFacts
{
    private const string Name = "kobune-config";
    private const string Namespace = "kube-system";

    /// <summary>Writes the facts, and lets nodes read them and each other.</summary>
    public static async Task PublishAsync(IKubeClient client, NodeNetworkSettings network, CancellationToken cancellationToken)
    {
        var facts = new ConfigMap
        {
            Metadata = { Name = Name, Namespace = Namespace },
            Data = { ["podCIDR"] = network.PodCidr, ["serviceCIDR"] = network.ServiceCidr, ["overlay"] = network.Overlay.Name() },
        };
        await client.EnsureAsync(facts, cancellationToken);
        var role = new Role
        {
            Metadata = { Name = Name, Namespace = Namespace },
            Rules = { new PolicyRule { ApiGroups = [""], Resources = ["configmaps"], ResourceNames = [Name], Verbs = ["get"] } },
        };
        await client.EnsureAsync(role, cancellationToken);
        var binding = new RoleBinding { Metadata = { Name = Name, Namespace = Namespace }, RoleRef = Ref("Role", Name), Subjects = { Nodes } };
        await client.EnsureAsync(binding, cancellationToken);
        // An agent is kubelet and kube-proxy in one, and keeps the ways to the other nodes' Pods; its only identity is the node's.
        foreach (var part in (string[])["system:node-proxier", "kobune:network-policy"])
        {
            var grant = new ClusterRoleBinding
            {
                Metadata = { Name = "kobune:nodes:" + part[(part.IndexOf(':', StringComparison.Ordinal) + 1)..] },
                RoleRef = Ref("ClusterRole", part),
                Subjects = { Nodes },
            };
            await client.EnsureAsync(grant, cancellationToken);
        }
    }

    public static async Task<NodeNetworkSettings> ReadAsync(IKubeClient client, CancellationToken cancellationToken)
    {
        var facts = await client.GetAsync<ConfigMap>(Namespace, Name, cancellationToken);
        return new NodeNetworkSettings(
            facts.Data["podCIDR"], facts.Data["serviceCIDR"],
            OverlayModes.Parse(facts.Data["overlay"]) ?? throw new UserErrorException($"the server's network is \"{facts.Data["overlay"]}\", which this version does not know"));
    }

    /// <summary>Creates the object; one that is there from an earlier start is left as it is.</summary>
    public static async Task EnsureAsync<T>(this IKubeClient client, T obj, CancellationToken cancellationToken) where T : KubeObject, IKubeKind<T>
    {
        try
        {
            await client.CreateAsync(T.Info, obj, null, cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsAlreadyExists)
        {
            // As wanted.
        }
    }

    private static Subject Nodes => new() { ApiGroup = Role.Info.Group, Kind = "Group", Name = "system:nodes" };

    private static RoleRef Ref(string kind, string name) => new() { ApiGroup = Role.Info.Group, Kind = kind, Name = name };
}
