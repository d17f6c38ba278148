using Kobune.Api.Authentication.V1;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Volumes;

/// <summary>Tokens bound to their Pod, asked for by TokenRequest and renewed when four fifths of their life (or a day) have passed.</summary>
internal sealed class ServiceAccountTokens(IKubeClient client, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Uid, string Audience, string Path), Held> _held = [];

    public async Task<string> GetAsync(PodView pod, ServiceAccountTokenProjection source, CancellationToken cancellation) =>
        (await GetWithExpiryAsync(pod, source, cancellation)).Token;

    /// <summary>The token and when it ends.</summary>
    public async Task<(string Token, DateTimeOffset Expires)> GetWithExpiryAsync(PodView pod, ServiceAccountTokenProjection source, CancellationToken cancellation)
    {
        var key = (pod.Uid, source.Audience, source.Path);
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (_held.TryGetValue(key, out var held) && now < held.RenewAt)
            {
                return (held.Token, held.Expires);
            }
        }

        var account = pod.Pod.Spec.ServiceAccountName is { Length: > 0 } name ? name : "default";
        var request = new TokenRequest
        {
            Spec = new TokenRequestSpec
            {
                ExpirationSeconds = source.ExpirationSeconds ?? 3600,
                BoundObjectRef = new BoundObjectReference { Kind = "Pod", ApiVersion = "v1", Name = pod.Name, Uid = pod.Uid },
            },
        };
        if (source.Audience.Length > 0)
        {
            request.Spec.Audiences.Add(source.Audience);
        }

        var answer = (TokenRequest)await client.CreateSubresourceAsync(ServiceAccount.Info, pod.Namespace, account, "token", request, null, cancellation);
        var expires = answer.Status.ExpirationTimestamp ?? now.AddHours(1);
        var life = expires - now;
        var renewIn = life * 0.8 < TimeSpan.FromHours(24) ? life * 0.8 : TimeSpan.FromHours(24);
        lock (_lock)
        {
            _held[key] = new Held(answer.Status.Token, now + renewIn, expires);
        }

        return (answer.Status.Token, expires);
    }

    /// <summary>The Pods whose tokens are due.</summary>
    public IReadOnlyList<string> Due(DateTimeOffset now)
    {
        lock (_lock)
        {
            return [.. _held.Where(p => p.Value.RenewAt <= now).Select(p => p.Key.Uid).Distinct()];
        }
    }

    public void Forget(string podUid)
    {
        lock (_lock)
        {
            foreach (var key in _held.Keys.Where(k => k.Uid == podUid).ToArray())
            {
                _held.Remove(key);
            }
        }
    }

    private sealed record Held(string Token, DateTimeOffset RenewAt, DateTimeOffset Expires);
}
