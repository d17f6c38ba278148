using Kobune.Api;

namespace Kobune.ApiServer.Registry;

/// <summary>Answers reads of a resource whose objects are stored nowhere: they are made when somebody asks. It cannot be watched.</summary>
internal interface IComputedResource
{
    /// <summary>The objects of a namespace ("" is all of them), in key order; of one name when <paramref name="name"/> is given.</summary>
    ValueTask<IReadOnlyList<KubeObject>> ReadAsync(string ns, string? name, CancellationToken cancellationToken);

    /// <summary>The error for a name that has no object.</summary>
    KubeStatusException NotFound(string ns, string name);
}
