using System.Text;
using Kobune.Api.Core.V1;
using Kobune.Api.Rbac.V1;
using Kobune.Client;
using Kobune.Joining;

namespace Kobune.Hosting;

/// <summary>
/// What lets a node join with a token, as kubeadm sets it up: the bootstrap token's Secret, and the bindings by which its
/// bearer may ask for a node's certificate, have it approved, and renew it later.
/// </summary>
internal static class JoinTokens
{
    private const string Group = "system:bootstrappers:kobune:default-node-token";
    private const string Roles = "system:certificates.k8s.io:certificatesigningrequests:";

    public static async Task EnsureAsync(IKubeClient client, string token, CancellationToken cancellationToken)
    {
        var id = token[..6];
        await client.EnsureAsync(new Secret
        {
            Metadata = { Name = $"bootstrap-token-{id}", Namespace = "kube-system" },
            Type = "bootstrap.kubernetes.io/token",
            Data =
            {
                ["token-id"] = Encoding.ASCII.GetBytes(id),
                ["token-secret"] = Encoding.ASCII.GetBytes(token[7..]),
                ["usage-bootstrap-authentication"] = "true"u8.ToArray(),
                ["usage-bootstrap-signing"] = "true"u8.ToArray(),
                ["auth-extra-groups"] = Encoding.ASCII.GetBytes(Group),
                ["description"] = "Lets nodes join; made by kobune server."u8.ToArray(),
            },
        }, cancellationToken);
        await client.EnsureAsync(Binding("kobune:node-bootstrapper", "system:node-bootstrapper", Group), cancellationToken);
        await client.EnsureAsync(Binding("kobune:node-autoapprove-bootstrap", Roles + "nodeclient", Group), cancellationToken);
        await client.EnsureAsync(Binding("kobune:node-autoapprove-certificate-rotation", Roles + "selfnodeclient", "system:nodes"), cancellationToken);
        await AllowServingAsync(client, cancellationToken);
    }

    // Upstream leaves the approval of serving certificates to the administrator. A node asks for its own name and address only
    // after it has proved who it is, and without the certificate it serves no logs: here the administrator's answer is yes.
    private static async Task AllowServingAsync(IKubeClient client, CancellationToken cancellationToken)
    {
        const string name = "kobune:approve-kubelet-serving";
        var rule = new PolicyRule { ApiGroups = ["certificates.k8s.io"], Resources = ["signers"], ResourceNames = ["kubernetes.io/kubelet-serving"], Verbs = ["approve"] };
        await client.EnsureAsync(new ClusterRole { Metadata = { Name = name }, Rules = { rule } }, cancellationToken);
        var binding = Binding(name, name, "");
        binding.Subjects = [new Subject { Kind = "ServiceAccount", Namespace = "kube-system", Name = "certificate-controller" }];
        await client.EnsureAsync(binding, cancellationToken);
    }

    /// <summary>The token in a file that only its owner reads. There is one for the life of the file, so that a restart does not invalidate what was handed out.</summary>
    public static string Keep(string file)
    {
        if (!File.Exists(file))
        {
            using var writer = new StreamWriter(file, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            writer.Write(New());
        }
        return File.ReadAllText(file).Trim();
    }

    /// <summary>A new token from the operating system's random source.</summary>
    private static string New()
    {
        const string alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
        var random = System.Security.Cryptography.RandomNumberGenerator.GetString(alphabet, 22);
        return $"{random[..6]}.{random[6..]}";
    }

    private static ClusterRoleBinding Binding(string name, string role, string group) => new()
    {
        Metadata = { Name = name },
        RoleRef = new RoleRef { ApiGroup = ClusterRoleBinding.Info.Group, Kind = "ClusterRole", Name = role },
        Subjects = { new Subject { ApiGroup = ClusterRoleBinding.Info.Group, Kind = "Group", Name = group } },
    };
}
