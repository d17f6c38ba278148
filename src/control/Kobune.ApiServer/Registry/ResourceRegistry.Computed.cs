using Kobune.Api;
using Kobune.ApiServer.Registry.Selection;
using Kobune.Client;

namespace Kobune.ApiServer.Registry;

/// <summary>Reads of computed resources: selected like stored ones, without versions and pages.</summary>
internal sealed partial class ResourceRegistry
{
    private static async ValueTask<StoredObject> GetComputedAsync(IComputedResource computed, RequestScope scope, CancellationToken cancellationToken)
    {
        var found = await computed.ReadAsync(scope.Namespace, scope.Name, cancellationToken).ConfigureAwait(false);
        return found.Count > 0 ? Computed(scope.Resource, found[0]) : throw computed.NotFound(scope.Namespace, scope.Name);
    }

    private static async ValueTask<ListResult> ListComputedAsync(IComputedResource computed, RequestScope scope, ListOptions options, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        var selection = ObjectSelection.Parse(resource.Info, resource.Storage, options.LabelSelector, options.FieldSelector);
        var found = await computed.ReadAsync(scope.Namespace, null, cancellationToken).ConfigureAwait(false);
        var items = found.Select(o => Computed(resource, o));
        return new ListResult([.. selection.IsEverything ? items : items.Where(selection.Matches)], 0, "", null);
    }

    private static StoredObject Computed(ServedResource resource, KubeObject obj) =>
        new(resource.Storage, $"{obj.Metadata.Namespace}/{obj.Metadata.Name}", 0, KubeJson.Write(obj));
}
