using Kobune.Api;

namespace Kobune.Runtime;

/// <summary>An informer of whatever kind.</summary>
public interface IInformer
{
    ResourceInfo Resource { get; }

    Task Synced { get; }

    bool HasSynced { get; }

    Task RunAsync(CancellationToken cancellationToken);
}
