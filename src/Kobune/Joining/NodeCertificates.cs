using System.Net;
using System.Security.Cryptography.X509Certificates;
using Kobune.Client;

namespace Kobune.Joining;

/// <summary>The two certificates of a node that joined, kept in a folder.</summary>
internal sealed class NodeCertificates(string folder, string nodeName, IPAddress address, TimeProvider time, Random random)
{
    /// <summary>What the kubelet shows to the API server.</summary>
    public RenewedCertificate Client { get; } = new(
        Path.Combine(folder, "kubelet-client.pem"), new NodeCertificateRequest(nodeName, null, "kubernetes.io/kube-apiserver-client-kubelet", "client auth"), time, random);

    /// <summary>What the kubelet serves with.</summary>
    public RenewedCertificate Serving { get; } = new(
        Path.Combine(folder, "kubelet-serving.pem"), new NodeCertificateRequest(nodeName, address, "kubernetes.io/kubelet-serving", "server auth"), time, random);

    /// <summary>Renews both in time until cancelled.</summary>
    /// <param name="client">Acts as the node.</param>
    /// <param name="onClient">Hears of every new client certificate.</param>
    /// <param name="onFailure">Hears why a renewal failed; it is tried again.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task RenewAsync(IKubeClient client, Action<X509Certificate2> onClient, Action<Exception> onFailure, CancellationToken cancellationToken) => Task.WhenAll(
        Client.RenewAsync(client, onClient, onFailure, cancellationToken),
        Serving.RenewAsync(client, static _ => { }, onFailure, cancellationToken));
}
