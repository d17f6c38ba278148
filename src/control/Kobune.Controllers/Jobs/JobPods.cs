using System.Globalization;
using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;

namespace Kobune.Controllers.Jobs;

/// <summary>The Pods of a Job: their identity, how they are made, when they count as failed.</summary>
internal static class JobPods
{
    /// <summary>Keeps a Pod until its end is in the Job's counters.</summary>
    public const string Finalizer = "batch.kubernetes.io/job-tracking";

    public const string IndexAnnotation = "batch.kubernetes.io/job-completion-index";
    private const string FailureCount = "batch.kubernetes.io/job-index-failure-count";
    private const string IgnoredFailureCount = "batch.kubernetes.io/job-index-ignored-failure-count";
    private const string IndexVariable = "JOB_COMPLETION_INDEX";

    // What is left of a name of 63 when the API server has added five random characters.
    private const int MaxPrefix = 58;

    public static bool IsIndexed(this Job job) => job.Spec.CompletionMode == "Indexed";

    public static bool IsSuspended(this Job job) => job.Spec.Suspend == true;

    /// <summary>Pods that are still ending must have ended before they are replaced.</summary>
    public static bool ReplacesOnlyFailed(this Job job) => job.Spec.PodReplacementPolicy == "Failed" || job.Spec.PodFailurePolicy is not null;

    public static bool HasFinalizer(Pod pod) => pod.Metadata.Finalizers.Contains(Finalizer);

    /// <summary>The completion index, or null.</summary>
    public static int? IndexOf(Pod pod) =>
        pod.Metadata.Annotations.TryGetValue(IndexAnnotation, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;

    /// <summary>
    /// Failed, or deleted before it could end: such a Pod may never reach the phase Failed, so it counts at once unless
    /// the Job wants to wait for the end of its Pods.
    /// </summary>
    public static bool IsFailed(Job job, Pod pod) =>
        pod.Status.Phase == "Failed" || (!job.ReplacesOnlyFailed() && pod.IsTerminating() && pod.Status.Phase != "Succeeded");

    /// <summary>How often the Pods of this index had failed, counted and ignored failures, when this Pod was made.</summary>
    public static (int Counted, int Ignored) FailuresBefore(Pod pod) => (Number(pod, FailureCount), Number(pod, IgnoredFailureCount));

    /// <summary>The same including the failure of the Pod itself.</summary>
    public static (int Counted, int Ignored) FailuresWith(Job job, Pod pod)
    {
        var (counted, ignored) = FailuresBefore(pod);
        return FailurePolicies.Judge(job, pod).Counts ? (counted + 1, ignored) : (counted, ignored + 1);
    }

    /// <summary>When its last container ended; or the best that is known.</summary>
    public static DateTimeOffset? EndOf(Pod pod)
    {
        var ends = pod.Status.ContainerStatuses.Select(s => s.State.Terminated?.FinishedAt).ToList();
        return ends.Count > 0 && ends.TrueForAll(e => e is not null) ? ends.Max()
            : pod.Condition("Ready") is { Status: "False", LastTransitionTime: { } since } ? since
            : pod.Metadata.DeletionTimestamp ?? pod.Metadata.CreationTimestamp;
    }

    /// <summary>A new Pod; with an index it knows it by annotation, label, variable and host name.</summary>
    public static Pod Make(Job job, int? index, Pod? replaced)
    {
        var pod = PodFactory.FromTemplate(job.Spec.Template, job);
        pod.Metadata.GenerateName = Prefix(job.Name + "-");
        if (!HasFinalizer(pod))
        {
            pod.Metadata.Finalizers.Add(Finalizer);
        }

        if (index is { } number)
        {
            Number(job, pod, number, replaced);
        }

        return pod;
    }

    private static void Number(Job job, Pod pod, int index, Pod? replaced)
    {
        var text = index.ToString(CultureInfo.InvariantCulture);
        pod.Metadata.GenerateName = Prefix($"{job.Name}-{text}-", $"-{text}-");
        pod.Metadata.Annotations[IndexAnnotation] = text;
        pod.Metadata.Labels[IndexAnnotation] = text;
        pod.Spec.Hostname = $"{job.Name}-{text}";
        foreach (var container in pod.Spec.AllContainers())
        {
            if (!container.Env.Exists(e => e.Name == IndexVariable))
            {
                container.Env.Add(new EnvVar { Name = IndexVariable, ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = $"metadata.labels['{IndexAnnotation}']" } } });
            }
        }

        if (job.Spec.BackoffLimitPerIndex is not null)
        {
            var (counted, ignored) = replaced is null ? (0, 0) : FailuresWith(job, replaced);
            pod.Metadata.Annotations[FailureCount] = counted.ToString(CultureInfo.InvariantCulture);
            if (ignored > 0)
            {
                pod.Metadata.Annotations[IgnoredFailureCount] = ignored.ToString(CultureInfo.InvariantCulture);
            }
        }
    }

    // A long name is shortened before its ending, which tells the index.
    private static string Prefix(string prefix, string ending = "-") =>
        prefix.Length <= MaxPrefix ? prefix : prefix[..(MaxPrefix - ending.Length)] + ending;

    private static int Number(Pod pod, string annotation) =>
        pod.Metadata.Annotations.TryGetValue(annotation, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
