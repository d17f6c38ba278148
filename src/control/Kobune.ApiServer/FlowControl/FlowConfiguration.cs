using Kobune.Api;
using Kobune.Api.FlowControl.V1;
using Kobune.ApiServer.Admission.Plugins;
using Kobune.ApiServer.Registry;
using Kobune.Client;

namespace Kobune.ApiServer.FlowControl;

/// <summary>
/// Keeps flow control in step with the stored FlowSchemas and PriorityLevelConfigurations: makes the defaults, brings
/// mandatory ones back, says in each schema's status whether its level exists, and hands every change to the controller.
/// </summary>
internal sealed class FlowConfiguration(ApiServerServices services, ResourceCatalog catalog, FlowController controller)
{
    /// <summary>The post-start hook: the defaults that are missing are made, and the controller works from what is stored.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        foreach (var level in FlowDefaults.Levels())
        {
            await EnsureAsync(level, cancellationToken).ConfigureAwait(false);
        }

        foreach (var schema in FlowDefaults.Schemas())
        {
            await EnsureAsync(schema, cancellationToken).ConfigureAwait(false);
        }

        await LoadAsync(fresh: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Follows changes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var schemas = catalog.Find(FlowSchema.Info)!.Cache!.Changed;
        var levels = catalog.Find(PriorityLevelConfiguration.Info)!.Cache!.Changed;
        while (!cancellationToken.IsCancellationRequested)
        {
            var change = Task.WhenAny(schemas.Next, levels.Next);
            try
            {
                await LoadAsync(fresh: false, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is KubeStatusException or Kobune.Store.StoreFailedException)
            {
                // The next change tries again; until then the configuration before it holds.
            }

            await ((Task)change).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LoadAsync(bool fresh, CancellationToken cancellationToken)
    {
        var schemas = await services.Objects.ListAsync<FlowSchema>(null, cancellationToken, fresh).ConfigureAwait(false);
        var levels = await services.Objects.ListAsync<PriorityLevelConfiguration>(null, cancellationToken, fresh).ConfigureAwait(false);
        controller.Configure(schemas.Where(s => s.Metadata.DeletionTimestamp is null), levels.Where(l => l.Metadata.DeletionTimestamp is null));
        foreach (var schema in schemas)
        {
            await TellDanglingAsync(schema, levels.Any(l => l.Metadata.Name == schema.Spec.PriorityLevelConfiguration.Name), cancellationToken).ConfigureAwait(false);
        }

        foreach (var name in FlowDefaults.Mandatory)
        {
            if (!levels.Any(l => l.Metadata.Name == name))
            {
                await EnsureAsync(FlowDefaults.Levels().Single(l => l.Metadata.Name == name), cancellationToken).ConfigureAwait(false);
            }

            if (!schemas.Any(s => s.Metadata.Name == name))
            {
                await EnsureAsync(FlowDefaults.Schemas().Single(s => s.Metadata.Name == name), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task TellDanglingAsync(FlowSchema schema, bool exists, CancellationToken cancellationToken)
    {
        var status = exists ? "False" : "True";
        if (schema.Status.Conditions.Find(c => c.Type == "Dangling") is { } present && present.Status == status)
        {
            return;
        }

        var level = schema.Spec.PriorityLevelConfiguration.Name;
        var told = schema.Clone();
        told.Metadata.ResourceVersion = "";
        told.Status.Conditions.RemoveAll(c => c.Type == "Dangling");
        told.Status.Conditions.Add(new FlowSchemaCondition
        {
            Type = "Dangling",
            Status = status,
            Reason = exists ? "Found" : "NotFound",
            LastTransitionTime = services.Time.GetUtcNow(),
            Message = $"This FlowSchema references the PriorityLevelConfiguration object named {level} {(exists ? "and it exists" : "but there is no such object")}",
        });
        try
        {
            await services.Client.UpdateStatusAsync(told, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (KubeStatusException e) when (e.IsNotFound || e.IsConflict)
        {
            // It is gone or has changed, and either comes back here as a change.
        }
    }

    private async Task EnsureAsync<T>(T wanted, CancellationToken cancellationToken) where T : KubeObject, IKubeKind<T>
    {
        if (await services.Objects.FindAsync(T.Info, null, wanted.Metadata.Name, cancellationToken: cancellationToken).ConfigureAwait(false) is null)
        {
            await Bootstrap.PostStartHooks.IfAbsentAsync(services.Client.CreateAsync(wanted, null, cancellationToken)).ConfigureAwait(false);
        }
    }
}
