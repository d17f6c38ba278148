using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Controllers.Resources;
using Kobune.Runtime;

namespace Kobune.Controllers.Namespaces;

/// <summary>
/// Empties a namespace that is being deleted (Pods first, then everything else of every kind), says in its conditions what
/// remains and why, and lets it go when nothing does.
/// </summary>
internal sealed class NamespaceController : Controller, IResourceListener
{
    private const string Finalizer = "kubernetes";

    // Deletions in the namespace wake us; this is for the case that one was missed.
    private static readonly TimeSpan SafetyNet = TimeSpan.FromSeconds(15);

    private readonly ILister<Namespace> _namespaces;
    private readonly ResourceCatalog _catalog;

    public NamespaceController(ControllerContext context, ResourceCatalog catalog, ResourceFeed feed) : base(context, "namespace-controller", workers: 5)
    {
        WritesAll();
        _catalog = catalog;
        _namespaces = Watches<Namespace>(change =>
        {
            if (change.Type != InformerEventType.Deleted && change.Object.Metadata.DeletionTimestamp is not null)
            {
                Queue.Add(change.Key);
            }
        });
        feed.AddListener(this);
    }

    void IResourceListener.Saw(ResourceInfo resource, KubeObject obj)
    {
    }

    void IResourceListener.Gone(ResourceInfo resource, ObjectKey key, string uid)
    {
        if (key.Namespace.Length > 0 && _namespaces.Get("", key.Namespace) is { Metadata.DeletionTimestamp: not null })
        {
            Queue.Add(new ObjectKey("", key.Namespace));
        }
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_namespaces.Get(key)?.Metadata.Uid is not { } uid || await Client.FindAsync<Namespace>(null, key.Name, cancellationToken) is not { } ns
            || ns.Metadata.Uid != uid || ns.Metadata.DeletionTimestamp is null)
        {
            return;
        }

        if (!ns.Spec.Finalizers.Contains(Finalizer))
        {
            return; // another finalizer holds it, or it is about to vanish
        }

        await _catalog.Synced.WaitAsync(cancellationToken);
        var content = await EmptyAsync(key.Name, cancellationToken);
        ns = await UpdateStatusAsync(ns, content, cancellationToken);
        if (content.IsEmpty)
        {
            await FinalizeAsync(ns, cancellationToken);
        }
        else
        {
            Queue.AddAfter(key, SafetyNet);
        }
    }

    private async Task<NamespaceContent> EmptyAsync(string ns, CancellationToken cancellationToken)
    {
        var content = new NamespaceContent();
        await EmptyAsync(Pod.Info, ns, content, cancellationToken);
        if (!content.IsEmpty)
        {
            return content; // what the Pods use (their ConfigMaps, their service account) stays until they have ended
        }

        foreach (var resource in _catalog.All.Where(r => r.Namespaced && r != Pod.Info))
        {
            await EmptyAsync(resource, ns, content, cancellationToken);
        }

        return content;
    }

    private async Task EmptyAsync(ResourceInfo resource, string ns, NamespaceContent content, CancellationToken cancellationToken)
    {
        try
        {
            if ((await Client.ListAsync(resource, ns, null, cancellationToken)).Items.Count == 0)
            {
                return;
            }

            await DeleteAllAsync(resource, ns, cancellationToken);
            content.Remains(resource, (await Client.ListAsync(resource, ns, null, cancellationToken)).Items);
        }
        catch (KubeStatusException e) when (e.Code is 404 or 405)
        {
            // the kind is served no longer, or cannot be listed
        }
        catch (KubeStatusException e)
        {
            content.Failed(e.Message);
        }
    }

    private async Task DeleteAllAsync(ResourceInfo resource, string ns, CancellationToken cancellationToken)
    {
        var options = new Kobune.Api.Meta.V1.DeleteOptions { PropagationPolicy = "Background" };
        if (resource.HasVerb("deletecollection"))
        {
            await Client.DeleteCollectionAsync(resource, ns, null, options, cancellationToken);
            return;
        }

        foreach (var item in (await Client.ListAsync(resource, ns, null, cancellationToken)).Items)
        {
            await Client.DeleteAsync(resource, ns, item.Metadata.Name, options, cancellationToken);
        }
    }

    private async Task<Namespace> UpdateStatusAsync(Namespace ns, NamespaceContent content, CancellationToken cancellationToken)
    {
        var changed = ns.Clone();
        changed.Status.Phase = "Terminating";
        content.SetConditions(changed.Status, Now);
        return ApiStruct.DeepEquals(ns.Status, changed.Status) || (content.IsEmpty && ns.Status.Conditions.Count == 0 && ns.Status.Phase == "Terminating")
            ? ns
            : await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
    }

    private async Task FinalizeAsync(Namespace ns, CancellationToken cancellationToken)
    {
        var changed = ns.Clone();
        changed.Spec.Finalizers.Remove(Finalizer);
        try
        {
            await Client.UpdateAsync(changed, new WriteOptions { Subresource = "finalize" }, cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            // gone
        }
    }
}
