using Kobune.Api;
using Kobune.Api.Batch.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.TtlAfterFinished;

/// <summary>Deletes finished Jobs when their time to live is over.</summary>
internal sealed class TtlAfterFinishedController : Controller
{
    private readonly ILister<Job> _jobs;

    public TtlAfterFinishedController(ControllerContext context) : base(context, "ttl-after-finished-controller", workers: 1)
    {
        Writes<Job>();
        _jobs = Reconciles<Job>();
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_jobs.Get(key) is not { Metadata.DeletionTimestamp: null, Spec.TtlSecondsAfterFinished: { } seconds } job || FinishedAt(job) is not { } finished)
        {
            return;
        }

        var wait = finished.AddSeconds(seconds) - Now;
        if (wait > TimeSpan.Zero)
        {
            Queue.AddAfter(key, wait);
            return;
        }

        try
        {
            var options = new DeleteOptions { PropagationPolicy = "Foreground", Preconditions = new Preconditions { Uid = job.Metadata.Uid, ResourceVersion = job.Metadata.ResourceVersion } };
            await Client.DeleteAsync<Job>(key.Namespace, key.Name, options, cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            // gone already
        }
    }

    private static DateTimeOffset? FinishedAt(Job job) =>
        job.Status.Conditions.Find(c => c is { Type: "Complete" or "Failed", Status: "True" })?.LastTransitionTime;
}
