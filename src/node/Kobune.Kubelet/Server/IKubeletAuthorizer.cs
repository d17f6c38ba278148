using Microsoft.AspNetCore.Http;

namespace Kobune.Kubelet.Server;

/// <summary>Who calls.</summary>
internal sealed record Caller(string Name, IReadOnlyList<string> Groups, string Uid = "");

/// <summary>Decides whether a request to the kubelet may pass.</summary>
internal interface IKubeletAuthorizer
{
    /// <exception cref="HttpFailure">401 when nobody is known to call, 403 when they may not.</exception>
    ValueTask AuthorizeAsync(HttpContext context, CancellationToken cancellation);
}
