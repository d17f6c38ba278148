using Kobune.Api;
using Kobune.Client;
using Microsoft.Extensions.Logging;

namespace Kobune.ApiServer;

/// <summary>What the parts of the API server (authenticators, authorizers, admission plug-ins, hooks) may use of it.</summary>
public sealed class ApiServerServices
{
    internal ApiServerServices(ApiServerOptions options, TimeProvider time, ILoggerFactory loggers, Random random)
    {
        Options = options;
        Time = time;
        Loggers = loggers;
        Random = random;
    }

    public ApiServerOptions Options { get; }
    public TimeProvider Time { get; }
    public ILoggerFactory Loggers { get; }
    /// <summary>Safe for concurrent use.</summary>
    public Random Random { get; }

    /// <summary>The server's own unrestricted client, in-process. Usable from the first request on, not in constructors.</summary>
    public IKubeClient Client { get; internal set; } = null!;

    /// <summary>Fast consistent-enough reads from the watch cache. Usable from the first request on, not in constructors.</summary>
    public IObjectReader Objects { get; internal set; } = null!;

    /// <summary>Decides like the chain does; for SubjectAccessReview and escalation checks.</summary>
    public Authorization.IAuthorizer Authorizer { get; internal set; } = null!;
}

/// <summary>Reads the watch cache. Objects are shared: never change them.</summary>
public interface IObjectReader
{
    /// <summary>The cached object, or null. <paramref name="fresh"/> waits until the cache has every acknowledged write.</summary>
    ValueTask<KubeObject?> FindAsync(ResourceInfo resource, string? ns, string name, bool fresh = false, CancellationToken cancellationToken = default);

    /// <summary>An object that is the same one as long as nothing of the resource has changed, for what is derived from all objects of it.</summary>
    ValueTask<object> StampAsync(ResourceInfo resource, CancellationToken cancellationToken = default);

    /// <summary>All cached objects of a namespace, or of all (null), in key order.</summary>
    ValueTask<IReadOnlyList<KubeObject>> ListAsync(ResourceInfo resource, string? ns, bool fresh = false, CancellationToken cancellationToken = default);
}
