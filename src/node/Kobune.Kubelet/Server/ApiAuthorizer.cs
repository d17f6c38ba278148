using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Kobune.Api;
using Kobune.Api.Authentication.V1;
using Kobune.Api.Authorization.V1;
using Kobune.Client;
using Microsoft.AspNetCore.Http;

namespace Kobune.Kubelet.Server;

/// <summary>
/// Callers are known by a client certificate of the cluster's authority or by a bearer token that the API reviews; whether they may
/// is asked of the API as well (SubjectAccessReview on nodes/…), and remembered for a while.
/// </summary>
internal sealed class ApiAuthorizer(IKubeClient client, string nodeName, X509Certificate2Collection authorities, TimeProvider time) : IKubeletAuthorizer
{
    private const int MaxRemembered = 1000;
    private static readonly TimeSpan AllowedFor = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan DeniedFor = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<(string User, string Verb, string Subresource), (bool Allowed, DateTimeOffset Until)> _known = new();

    public async ValueTask AuthorizeAsync(HttpContext context, CancellationToken cancellation)
    {
        var path = context.Request.Path.Value ?? "";
        if (path is "/healthz" or "/healthz/ping")
        {
            return;
        }

        var caller = FromCertificate(context.Connection.ClientCertificate) ?? await FromTokenAsync(context, cancellation)
            ?? throw new HttpFailure(401, "Unauthorized");
        if (caller.Groups.Contains("system:masters"))
        {
            return;
        }

        var verb = context.Request.Method switch { "POST" => "create", "PUT" => "update", "DELETE" => "delete", "PATCH" => "patch", _ => "get" };
        var subresource = Subresource(path);
        // WebSocket clients can only GET; what they open is an exec all the same.
        if (!await AllowedAsync(caller, verb, subresource, cancellation))
        {
            throw new HttpFailure(403, $"Forbidden (user={caller.Name}, verb={verb}, resource=nodes, subresource(s)=[{subresource}])");
        }
    }

    private static string Subresource(string path) => path.Split('/', 3) switch
    {
        ["", "stats", ..] => "stats",
        ["", "metrics", ..] => "metrics",
        ["", "logs", ..] => "log",
        ["", "pods" or "runningpods", ..] => "pods",
        ["", "configz", ..] => "configz",
        _ => "proxy",
    };

    private Caller? FromCertificate(X509Certificate2? certificate)
    {
        if (certificate is null)
        {
            return null;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2"));
        if (!chain.Build(certificate))
        {
            return null;
        }

        var groups = new List<string>();
        var name = "";
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements)
            {
                continue;
            }

            switch (part.GetSingleElementType().Value)
            {
                case "2.5.4.3":
                    name = part.GetSingleElementValue() ?? "";
                    break;
                case "2.5.4.10":
                    groups.Add(part.GetSingleElementValue() ?? "");
                    break;
                default:
                    break;
            }
        }

        return new Caller(name, groups);
    }

    private async Task<Caller?> FromTokenAsync(HttpContext context, CancellationToken cancellation)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var review = new TokenReview { Spec = new TokenReviewSpec { Token = header[7..].Trim() } };
        try
        {
            var answer = (TokenReview)await client.CreateAsync(TokenReview.Info, review, null, cancellation);
            return answer.Status.Authenticated ? new Caller(answer.Status.User.Username, answer.Status.User.Groups, answer.Status.User.Uid) : null;
        }
        catch (KubeStatusException)
        {
            return null;
        }
    }

    private async Task<bool> AllowedAsync(Caller caller, string verb, string subresource, CancellationToken cancellation)
    {
        var key = ($"{caller.Name}\n{string.Join('\n', caller.Groups)}", verb, subresource);
        var now = time.GetUtcNow();
        if (_known.TryGetValue(key, out var known) && now < known.Until)
        {
            return known.Allowed;
        }

        var review = new SubjectAccessReview
        {
            Spec = new SubjectAccessReviewSpec
            {
                User = caller.Name,
                Uid = caller.Uid,
                Groups = [.. caller.Groups],
                ResourceAttributes = new ResourceAttributes { Verb = verb, Version = "v1", Resource = "nodes", Subresource = subresource, Name = nodeName },
            },
        };
        bool allowed;
        try
        {
            allowed = ((SubjectAccessReview)await client.CreateAsync(SubjectAccessReview.Info, review, null, cancellation)).Status.Allowed;
        }
        catch (KubeStatusException)
        {
            return false;
        }

        if (_known.Count >= MaxRemembered)
        {
            _known.Clear();
        }

        _known[key] = (allowed, now + (allowed ? AllowedFor : DeniedFor));
        return allowed;
    }
}
