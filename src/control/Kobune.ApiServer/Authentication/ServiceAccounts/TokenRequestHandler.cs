using Kobune.Api;
using Kobune.Api.Authentication.V1;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources;

namespace Kobune.ApiServer.Authentication.ServiceAccounts;

/// <summary>Answers serviceaccounts/token: a token of limited life, for given audiences, bound to a Pod, Secret or Node when asked.</summary>
internal sealed class TokenRequestHandler(ApiServerServices services, ServiceAccountTokens tokens) : ICreateHandler
{
    private const long DefaultSeconds = 3600;
    private const long MinSeconds = 600;
    private const long MaxSeconds = 1L << 32;

    /// <summary>A token for a Pod that asked for one hour holds a year, so that old clients that never re-read it go on; they are to warn after an hour.</summary>
    private const long WarnAfterSeconds = 3607;
    private const long ExtendedSeconds = 365 * 24 * 3600;

    public async ValueTask<KubeObject> CreateAsync(CreateCall call, CancellationToken cancellationToken)
    {
        var request = (TokenRequest)call.Body;
        var account = (ServiceAccount)call.Parent!;
        var seconds = request.Spec.ExpirationSeconds ?? DefaultSeconds;
        Validate(request, seconds);
        var (pod, secret, node) = await BoundAsync(request, account, cancellationToken);

        var now = services.Time.GetUtcNow();
        var audiences = request.Spec.Audiences.Count == 0 ? [tokens.Issuer] : request.Spec.Audiences;
        var extend = pod is not null && seconds == WarnAfterSeconds && audiences is [var only] && only == tokens.Issuer;
        var claims = new ServiceAccountClaims
        {
            Audiences = audiences,
            IssuedAt = now.ToUnixTimeSeconds(),
            NotBefore = now.ToUnixTimeSeconds(),
            ExpiresAt = now.ToUnixTimeSeconds() + (extend ? ExtendedSeconds : seconds),
            Issuer = tokens.Issuer,
            Id = NewId(),
            Subject = $"system:serviceaccount:{account.Namespace}:{account.Name}",
            Kubernetes = new KubernetesClaims
            {
                Namespace = account.Namespace,
                ServiceAccount = new ObjectClaim { Name = account.Name, Uid = account.Metadata.Uid },
                Pod = pod,
                Secret = secret,
                Node = node,
                WarnAfter = extend ? now.ToUnixTimeSeconds() + seconds : null,
            },
        };
        var answer = request.Clone();
        answer.Metadata.Name = account.Name;
        answer.Metadata.Namespace = account.Namespace;
        answer.Metadata.CreationTimestamp = now;
        answer.Spec.Audiences = [.. audiences];
        answer.Spec.ExpirationSeconds = seconds;
        answer.Status.Token = tokens.Sign(claims);
        answer.Status.ExpirationTimestamp = now.AddSeconds(seconds);
        return answer;
    }

    private static void Validate(TokenRequest request, long seconds)
    {
        var errors = new List<FieldError>();
        var path = FieldPath.New("spec").Child("expirationSeconds");
        if (seconds < MinSeconds)
        {
            errors.Add(FieldError.Invalid(path, seconds, "may not specify a duration less than 10 minutes"));
        }
        if (seconds > MaxSeconds)
        {
            errors.Add(FieldError.Invalid(path, seconds, "may not specify a duration larger than 2^32 seconds"));
        }
        if (errors.Count > 0)
        {
            throw StatusErrors.Invalid(TokenRequest.Info, "", errors);
        }
    }

    private async ValueTask<(ObjectClaim? Pod, ObjectClaim? Secret, ObjectClaim? Node)> BoundAsync(TokenRequest request, ServiceAccount account, CancellationToken cancellationToken)
    {
        if (request.Spec.BoundObjectRef is not { } bound)
        {
            return default;
        }
        var resource = bound.Kind switch
        {
            "Pod" => Pod.Info,
            "Secret" => Secret.Info,
            "Node" => Node.Info,
            _ => throw StatusErrors.BadRequest($"cannot bind token for serviceaccount \"{account.Name}\" to object of type /{bound.ApiVersion}, Kind={bound.Kind}"),
        };
        var found = await services.Objects.FindAsync(resource, resource.Namespaced ? account.Namespace : null, bound.Name, fresh: true, cancellationToken)
            ?? throw StatusErrors.NotFound(resource, bound.Name);
        if (bound.Uid.Length > 0 && bound.Uid != found.Metadata.Uid)
        {
            throw StatusErrors.Conflict(resource, bound.Name, $"the UID in the bound object reference ({bound.Uid}) does not match the UID in record. The object might have been deleted and then recreated");
        }
        var claim = new ObjectClaim { Name = found.Name, Uid = found.Metadata.Uid };
        if (found is not Pod pod)
        {
            return found is Secret ? (null, claim, null) : (null, null, claim);
        }
        if (pod.Spec.ServiceAccountName != account.Name)
        {
            throw StatusErrors.BadRequest($"cannot bind token for serviceaccount \"{account.Name}\" to pod running with different serviceaccount name.");
        }
        var node = pod.Spec.NodeName.Length == 0 ? null : await services.Objects.FindAsync(Node.Info, null, pod.Spec.NodeName, cancellationToken: cancellationToken);
        return (claim, null, pod.Spec.NodeName.Length == 0 ? null : new ObjectClaim { Name = pod.Spec.NodeName, Uid = node?.Metadata.Uid });
    }

    private string NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        services.Random.NextBytes(bytes);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
