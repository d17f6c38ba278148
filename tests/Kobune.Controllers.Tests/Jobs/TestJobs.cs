using Kobune.Api.Batch.V1;

namespace Kobune.Controllers.Tests.Jobs;

internal static class TestJobs
{
    public static Job Make(string name = "work", int parallelism = 1, int? completions = 1, bool indexed = false, Action<JobSpec>? change = null)
    {
        var job = new Job();
        job.Metadata.Name = name;
        job.Metadata.Namespace = "default";
        job.Spec.Parallelism = parallelism;
        job.Spec.Completions = completions;
        job.Spec.CompletionMode = indexed ? "Indexed" : "NonIndexed";
        job.Spec.Template = TestControlPlane.Template(name);
        job.Spec.Template.Spec.RestartPolicy = "Never";
        change?.Invoke(job.Spec);
        return job;
    }

    public static JobCondition? Condition(this Job job, string type) => job.Status.Conditions.Find(c => c.Type == type && c.Status == "True");
}
