using Kobune.Api.Core.V1;
using Kobune.Api.Storage.V1;
using Kobune.Runtime;

namespace Kobune.Scheduler.Volumes;

/// <summary>
/// The claims, volumes, classes and drivers of the cluster as the scheduler sees them, and the volumes that it has promised
/// to claims and not yet seen bound. Promises are made and asked for under the scheduler's lock.
/// </summary>
internal sealed class VolumeCatalog
{
    private readonly Dictionary<string, string> _promised = new(StringComparer.Ordinal);

    public VolumeCatalog(InformerFactory informers, Action changed)
    {
        Claims = Follow(informers.Get<PersistentVolumeClaim>());
        Volumes = Follow(informers.Get<PersistentVolume>());
        Classes = Follow(informers.Get<StorageClass>());
        Drivers = Follow(informers.Get<CSINode>());

        ILister<T> Follow<T>(Informer<T> informer) where T : Api.KubeObject
        {
            informer.AddHandler(_ => changed());
            return informer;
        }
    }

    public ILister<PersistentVolumeClaim> Claims { get; }

    public ILister<PersistentVolume> Volumes { get; }

    public ILister<StorageClass> Classes { get; }

    public ILister<CSINode> Drivers { get; }

    /// <summary>The volume is meant for this claim (by uid) until the promise is taken back.</summary>
    public void Promise(string volume, string claimUid) => _promised[volume] = claimUid;

    public void TakeBack(string volume) => _promised.Remove(volume);

    public bool IsPromisedToOther(string volume, string claimUid) => _promised.TryGetValue(volume, out var uid) && uid != claimUid;

    /// <summary>Bound for good: the claim knows its volume, and the binder has said that it is done.</summary>
    public static bool IsBound(PersistentVolumeClaim claim) =>
        claim.Spec.VolumeName.Length > 0 && claim.Metadata.Annotations.ContainsKey("pv.kubernetes.io/bind-completed");

    /// <summary>Whether the claim waits for the scheduler to choose a node.</summary>
    public bool WaitsForConsumer(PersistentVolumeClaim claim) =>
        claim.Spec.VolumeName.Length == 0 && ClassOf(claim)?.VolumeBindingMode == "WaitForFirstConsumer";

    public StorageClass? ClassOf(PersistentVolumeClaim claim) => claim.Spec.StorageClassName is { Length: > 0 } name ? Classes.Get("", name) : null;
}
