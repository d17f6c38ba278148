using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Rbac.V1;
using Kobune.Client;
using Kobune.Client.Config;
using Kobune.Client.Http;
using Kobune.Client.Yaml;

namespace Kobune.Joining;

/// <summary>
/// How a joining node comes to know the authority of a server that it has never seen: the server shows it to everybody, in
/// the ConfigMap kube-public/cluster-info as kubeadm does, and the node believes it only when its public key has the hash
/// that whoever joined it was told.
/// </summary>
internal static class ServerTrust
{
    private const string Namespace = "kube-public";
    private const string Name = "cluster-info";
    private const string Key = "kubeconfig";
    private const string Reader = "kubeadm:bootstrap-signer-clusterinfo";

    /// <summary>The hash that <c>kobune server</c> prints: sha256 over the authority's public key (SubjectPublicKeyInfo), as kubeadm does.</summary>
    public static string HashOf(X509Certificate2 authority) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(authority.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>Shows the authority to everybody.</summary>
    public static async Task PublishAsync(IKubeClient client, string authorityPem, string url, CancellationToken cancellationToken)
    {
        var kubeconfig = $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: ""
              cluster:
                certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(authorityPem))}
                server: {url}

            """;
        await client.EnsureAsync(new ConfigMap { Metadata = { Name = Name, Namespace = Namespace }, Data = { [Key] = kubeconfig } }, cancellationToken);
        var role = new Role
        {
            Metadata = { Name = Reader, Namespace = Namespace },
            Rules = { new PolicyRule { ApiGroups = [""], Resources = ["configmaps"], ResourceNames = [Name], Verbs = ["get"] } },
        };
        await client.EnsureAsync(role, cancellationToken);
        var binding = new RoleBinding
        {
            Metadata = { Name = Reader, Namespace = Namespace },
            RoleRef = new RoleRef { ApiGroup = Role.Info.Group, Kind = "Role", Name = Reader },
            Subjects = { new Subject { ApiGroup = Role.Info.Group, Kind = "User", Name = "system:anonymous" } },
        };
        await client.EnsureAsync(binding, cancellationToken);
    }

    /// <exception cref="UserErrorException">The server shows another authority, or none.</exception>
    /// <exception cref="HttpRequestException">Nobody answers.</exception>
    public static async Task<X509Certificate2> FetchAuthorityAsync(Uri server, string expectedHash, TimeProvider time, CancellationToken cancellationToken)
    {
        // Nothing secret goes this way, and nothing that comes is believed but for the hash.
        using var transport = new KubeTransport(new ClientConfig { Server = server, InsecureSkipTlsVerify = true, PreferHttp2 = false }, time);
        string kubeconfig;
        try
        {
            kubeconfig = (await new HttpKubeClient(transport).GetAsync<ConfigMap>(Namespace, Name, cancellationToken)).Data[Key];
        }
        catch (Exception e) when (e is KubeStatusException { Status.Code: (int)HttpStatusCode.NotFound or (int)HttpStatusCode.Forbidden or (int)HttpStatusCode.Unauthorized } or KeyNotFoundException)
        {
            throw new UserErrorException($"{server} shows no authority ({Namespace}/{Name}): {e.Message}");
        }
        var shown = new X509Certificate2Collection();
        shown.ImportFromPem(AuthoritiesIn(kubeconfig));
        return shown.FirstOrDefault(c => HashOf(c) == expectedHash)
            ?? throw new UserErrorException($"{server} does not show the authority with hash {expectedHash}: is it the right server, and the hash that «kobune server» printed?");
    }

    private static string AuthoritiesIn(string kubeconfig) =>
        YamlTree.Parse(kubeconfig)?["clusters"]?[0]?["cluster"]?["certificate-authority-data"]?.GetValue<string>() is { } data
            ? Encoding.ASCII.GetString(Convert.FromBase64String(data))
            : "";
}
