using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Registry;
using Kobune.Client;
using Microsoft.Extensions.Logging;

namespace Kobune.ApiServer.CustomResources.Definitions;

/// <summary>
/// Decides about CustomResourceDefinitions as they come, change and go: accepts their names, which makes them served, and
/// deletes their objects before they go. It belongs to the API server, since nothing of this works without it.
/// </summary>
internal sealed partial class DefinitionController(ApiServerServices services, ResourceRegistry registry)
{
    private static readonly TimeSpan CleanupInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly ILogger logger = services.Loggers.CreateLogger<DefinitionController>();
    private readonly Dictionary<string, string> settled = new(StringComparer.Ordinal);

    private CustomDefinitions Definitions => registry.Catalog.Definitions;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var changed = Definitions.Changed;
            TimeSpan? again;
            try
            {
                again = await PassAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailed(e);
                again = RetryInterval;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                await changed.WaitAsync(again ?? Timeout.InfiniteTimeSpan, services.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Time to look again.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <returns>When to look again without a change; null: not before one.</returns>
    private async ValueTask<TimeSpan?> PassAsync(CancellationToken cancellationToken)
    {
        await Definitions.FreshenAsync(cancellationToken).ConfigureAwait(false);
        var all = Definitions.All;
        TimeSpan? again = null;
        var renamed = false;
        foreach (var item in all)
        {
            var source = item.Source;
            var version = ResourceVersions.Format(source.Revision);
            if (settled.GetValueOrDefault(source.Name) == version)
            {
                continue;
            }

            var definition = (CustomResourceDefinition)source.Object;
            if (definition.Metadata.DeletionTimestamp is not null)
            {
                if (definition.Metadata.Finalizers.Contains(DefinitionConditions.CleanupFinalizer) && !await CleanAsync(item, definition, cancellationToken).ConfigureAwait(false))
                {
                    again = CleanupInterval;
                }

                continue;
            }

            if (await NameAsync(definition, all, cancellationToken).ConfigureAwait(false))
            {
                renamed = true;
            }
            else
            {
                settled[source.Name] = version;
            }
        }

        Forget(all);
        if (renamed)
        {
            // Names that one has given up may be what another waits for.
            foreach (var item in all.Where(d => !CustomDefinition.Is(d.Definition, "NamesAccepted")))
            {
                settled.Remove(item.Name);
            }
        }

        return again;
    }

    private void Forget(IReadOnlyCollection<CustomDefinition> all)
    {
        if (settled.Count <= all.Count)
        {
            return;
        }

        var names = all.Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in settled.Keys.Where(n => !names.Contains(n)).ToList())
        {
            settled.Remove(name);
        }

        // A definition that is gone leaves its names to others.
        foreach (var item in all.Where(d => !CustomDefinition.Is(d.Definition, "NamesAccepted")))
        {
            settled.Remove(item.Name);
        }
    }

    private async ValueTask<bool> NameAsync(CustomResourceDefinition definition, IEnumerable<CustomDefinition> all, CancellationToken cancellationToken)
    {
        var wanted = definition.Clone();
        DefinitionNaming.Decide(wanted, all.Select(d => d.Definition), Now());
        if (ApiStruct.DeepEquals(wanted.Status, definition.Status))
        {
            return false;
        }

        await WriteStatusAsync(wanted, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <returns>Whether the definition has been let go.</returns>
    private async ValueTask<bool> CleanAsync(CustomDefinition item, CustomResourceDefinition definition, CancellationToken cancellationToken)
    {
        if (item is { Stored: { } resource, Serves: true })
        {
            var scope = new RequestScope { Resource = resource, User = UserInfo.Server, Warnings = [], SkipAdmission = true };
            var left = await registry.ListAsync(scope, new ListOptions(), cancellationToken).ConfigureAwait(false);
            if (left.Items.Count > 0)
            {
                await registry.DeleteCollectionAsync(scope, new ListOptions(), new DeleteOptions { PropagationPolicy = "Background" }, cancellationToken).ConfigureAwait(false);
                left = await registry.ListAsync(scope, new ListOptions(), cancellationToken).ConfigureAwait(false);
            }

            if (left.Items.Count > 0)
            {
                var marked = definition.Clone();
                DefinitionConditions.Set(marked, "Terminating", "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress", Now());
                if (!ApiStruct.DeepEquals(marked.Status, definition.Status))
                {
                    await WriteStatusAsync(marked, cancellationToken).ConfigureAwait(false);
                }

                return false;
            }
        }

        var free = definition.Clone();
        free.Metadata.Finalizers.Remove(DefinitionConditions.CleanupFinalizer);
        try
        {
            await services.Client.UpdateAsync(free.Resource, free, null, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeStatusException e) when (e.IsConflict || e.IsNotFound)
        {
            // Somebody else wrote; that change wakes us again.
        }

        return true;
    }

    private async ValueTask WriteStatusAsync(CustomResourceDefinition definition, CancellationToken cancellationToken)
    {
        try
        {
            await services.Client.UpdateAsync(definition.Resource, definition, new WriteOptions { Subresource = "status" }, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeStatusException e) when (e.IsConflict || e.IsNotFound)
        {
            // Somebody else wrote; that change wakes us again.
        }
    }

    private DateTimeOffset Now() => services.Time.GetUtcNow();

    [LoggerMessage(EventId = 3300, Level = LogLevel.Warning, Message = "CustomResourceDefinitions could not be brought up to date and will be tried again.")]
    private partial void LogFailed(Exception exception);
}
