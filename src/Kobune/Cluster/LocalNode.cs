using System.Net;
using Kobune.ApiServer.Certificates;
using Kobune.Joining;
using Microsoft.Extensions.Logging;

namespace Kobune.Cluster;

/// <summary>A further node of a local cluster. It joins as a node on another machine would; only the token needs no hand to carry it.</summary>
internal static class LocalNode
{
    public static JoinedNode Create(ClusterPaths cluster, ClusterConfig config, ClusterNode node, TimeProvider time, ILoggerFactory loggers)
    {
        var authority = new ClusterPki(cluster.Pki, time).ClusterAuthority.Certificate;
        var join = new JoinSettings(
            new Uri(config.ApiUrl), File.ReadAllText(cluster.JoinToken).Trim(), ServerTrust.HashOf(authority), node.Name, IPAddress.Parse(config.AddressOf(node)));
        return new JoinedNode(join, cluster.Node(node), ContainerRuntime.Configure(cluster, config, node), time, new Random(), loggers)
        {
            AdaptNetwork = _ => config.NetworkSettings,
        };
    }
}
