using Kobune.Api;
using Kobune.ApiServer.Registry.Selection;
using Kobune.Client;

namespace Kobune.ApiServer.Registry;

/// <summary>How a watch begins.</summary>
/// <param name="SendInitialEvents">null: as the resource version says (none or "0": yes).</param>
internal sealed record WatchStart(string? LabelSelector, string? FieldSelector, string? ResourceVersion, string? ResourceVersionMatch, bool? SendInitialEvents, bool AllowBookmarks);

internal sealed partial class ResourceRegistry
{
    /// <summary>Opens a watch: afterwards nothing that happens is missed.</summary>
    public async ValueTask<ResourceWatcher> WatchAsync(RequestScope scope, WatchStart start, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        ListOptionRules.CheckWatch(start.SendInitialEvents, start.ResourceVersionMatch, start.AllowBookmarks);
        var selection = ObjectSelection.Parse(resource.Info, resource.Storage, start.LabelSelector, start.FieldSelector);
        var prefix = resource.PrefixOf(scope.Namespace);
        var version = start.ResourceVersion ?? "";
        var initial = start.SendInitialEvents ?? version is "" or "0";
        var wanted = version.Length == 0 ? await NewestAsync(cancellationToken).ConfigureAwait(false) : ResourceVersions.Parse(version);
        if (version.Length > 0)
        {
            await WaitNotFutureAsync(wanted, cancellationToken).ConfigureAwait(false);
        }

        var (state, revision) = await resource.Cache!.ReadAsync(wanted, cancellationToken).ConfigureAwait(false);
        var from = initial || wanted == 0 ? revision : wanted;
        var cursor = state.Log.CursorAfter(from)
            ?? throw StatusErrors.Expired($"too old resource version: {wanted} ({revision})");
        return new ResourceWatcher(services.Time, hub, resource.Cache, state.Log, cursor, selection, prefix)
        {
            Initial = initial ? state.Items.WithPrefix(prefix) : [],
            InitialRevision = revision,
            MarkInitialEnd = start.SendInitialEvents == true,
        };
    }
}
