using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;

namespace Kobune.Scheduler.Volumes;

/// <summary>
/// Carries out what was decided about a Pod's claims before the Pod is bound: reserves volumes for them, or tells their
/// provisioner the node, and waits until the volume controllers have bound them all.
/// </summary>
internal sealed class VolumeBinder(VolumeCatalog catalog, IKubeClient client, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly VolumeMatching _matching = new(catalog);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Something about claims or volumes has changed.</summary>
    public void Changed() => Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>What is to be done for the Pod on the node, promised to it; called under the scheduler's lock. Null: nothing.</summary>
    public List<ClaimChoice>? Decide(Pod pod, Node node)
    {
        if (!PodClaims.HasAny(pod) || PodClaims.Of(pod, catalog).Claims is not { Waiting.Count: > 0 } claims || _matching.Choose(claims.Waiting, node) is not { } choices)
        {
            return null;
        }

        foreach (var choice in choices.Where(c => c.Volume is not null))
        {
            catalog.Promise(choice.Volume!.Name, choice.Claim.Metadata.Uid);
        }

        return choices;
    }

    /// <summary>Ends the promises, whether they were kept or not; called under the scheduler's lock.</summary>
    public void Release(List<ClaimChoice> choices)
    {
        foreach (var choice in choices.Where(c => c.Volume is not null))
        {
            catalog.TakeBack(choice.Volume!.Name);
        }
    }

    /// <exception cref="InvalidOperationException">A claim was not bound: the provisioner gave up on this node, or took too long.</exception>
    public async Task BindAsync(List<ClaimChoice> choices, string node, CancellationToken cancellationToken)
    {
        foreach (var (claim, volume) in choices)
        {
            if (volume is not null)
            {
                await ReserveAsync(claim, volume, cancellationToken);
            }
            else if (!claim.Metadata.Annotations.ContainsKey(VolumeMatching.SelectedNode))
            {
                var changed = claim.Clone();
                changed.Metadata.Annotations[VolumeMatching.SelectedNode] = node;
                await client.UpdateAsync(changed, cancellationToken: cancellationToken);
            }
        }

        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var selected = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var next = Volatile.Read(ref _changed).Task;
            if (choices.TrueForAll(c => IsDone(c, node, selected)))
            {
                return;
            }

            try
            {
                await next.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new InvalidOperationException("binding volumes: context deadline exceeded");
            }
        }
    }

    private bool IsDone(ClaimChoice choice, string node, HashSet<string> selected)
    {
        var claim = catalog.Claims.Get(choice.Claim.Namespace, choice.Claim.Name);
        if (claim is null || claim.Metadata.Uid != choice.Claim.Metadata.Uid)
        {
            throw new InvalidOperationException($"binding volumes: persistentvolumeclaim \"{choice.Claim.Name}\" not found");
        }

        if (VolumeCatalog.IsBound(claim))
        {
            return true;
        }

        // Seen with the node and later without it: the provisioner wants another one.
        if (claim.Metadata.Annotations.GetValueOrDefault(VolumeMatching.SelectedNode) == node)
        {
            selected.Add(claim.Metadata.Uid);
        }
        else if (choice.Volume is null && selected.Contains(claim.Metadata.Uid))
        {
            throw new InvalidOperationException($"binding volumes: provisioning failed for PVC \"{claim.Name}\"");
        }

        return false;
    }

    private async Task ReserveAsync(PersistentVolumeClaim claim, PersistentVolume volume, CancellationToken cancellationToken)
    {
        if (volume.Spec.ClaimRef?.Uid == claim.Metadata.Uid)
        {
            return;
        }

        var changed = volume.Clone();
        changed.Spec.ClaimRef = new ObjectReference
        {
            Kind = claim.Kind,
            ApiVersion = claim.ApiVersion,
            Namespace = claim.Namespace,
            Name = claim.Name,
            Uid = claim.Metadata.Uid,
            ResourceVersion = claim.Metadata.ResourceVersion,
        };
        if (volume.Spec.ClaimRef is null)
        {
            changed.Metadata.Annotations["pv.kubernetes.io/bound-by-controller"] = "yes";
        }

        await client.UpdateAsync(changed, cancellationToken: cancellationToken);
    }
}
