using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Bootstrap;

/// <summary>
/// Signs the ConfigMap kube-public/cluster-info with every bootstrap token that may sign (RFC 7515, detached, HS256), so that
/// a machine that knows nothing but a token can trust the address and the certificate that it finds there.
/// </summary>
internal sealed class BootstrapSigner : Controller
{
    private const string SignaturePrefix = "jws-kubeconfig-";
    private const string Payload = "kubeconfig";
    private static readonly ObjectKey ClusterInfo = new("kube-public", "cluster-info");

    private readonly ILister<ConfigMap> _maps;
    private readonly ILister<Secret> _tokens;

    public BootstrapSigner(ControllerContext context) : base(context, "bootstrap-signer", workers: 1)
    {
        Writes<ConfigMap>();
        _maps = Watches<ConfigMap>(change =>
        {
            if (change.Key == ClusterInfo)
            {
                Queue.Add(ClusterInfo);
            }
        });
        _tokens = Watches<Secret>(_ => Queue.Add(ClusterInfo), BootstrapTokens.Namespace, BootstrapTokens.Selection);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_maps.Get(key) is not { } map || !map.Data.TryGetValue(Payload, out var content))
        {
            return;
        }

        var wanted = map.Data.Where(d => !d.Key.StartsWith(SignaturePrefix, StringComparison.Ordinal)).ToDictionary();
        foreach (var token in _tokens.List().Where(BootstrapTokens.MaySign))
        {
            if (BootstrapTokens.Read(token, Now) is { } read)
            {
                wanted[SignaturePrefix + read.Id] = Sign(content, read.Id, read.Secret);
            }
        }

        if (wanted.Count != map.Data.Count || wanted.Any(w => map.Data.GetValueOrDefault(w.Key) != w.Value))
        {
            var changed = map.Clone();
            changed.Data = wanted;
            await Client.UpdateAsync(changed, cancellationToken: cancellationToken);
        }
    }

    /// <summary>The signature with its payload left out: <c>header..signature</c>.</summary>
    internal static string Sign(string content, string id, string secret)
    {
        var header = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"HS256","kid":"{{id}}"}"""));
        var signed = $"{header}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(content))}";
        return $"{header}..{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed)))}";
    }
}
