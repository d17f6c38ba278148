using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Registry.Subresources;

namespace Kobune.ApiServer.Printing;

/// <summary>Rows of what runs Pods.</summary>
internal static class WorkloadPrinters
{
    public static void Print(Deployment o, Cells cells)
    {
        cells.Text(o.Name).Text($"{o.Status.ReadyReplicas}/{o.Spec.Replicas ?? 1}").Number(o.Status.UpdatedReplicas).Number(o.Status.AvailableReplicas).Age(o.Metadata.CreationTimestamp);
        Containers(o.Spec.Template.Spec, cells);
        cells.Text(Selector(o.Spec.Selector));
    }

    public static void Print(ReplicaSet o, Cells cells)
    {
        cells.Text(o.Name).Number(o.Spec.Replicas ?? 1).Number(o.Status.Replicas).Number(o.Status.ReadyReplicas).Age(o.Metadata.CreationTimestamp);
        Containers(o.Spec.Template.Spec, cells);
        cells.Text(Selector(o.Spec.Selector));
    }

    public static void Print(ReplicationController o, Cells cells)
    {
        cells.Text(o.Name).Number(o.Spec.Replicas ?? 1).Number(o.Status.Replicas).Number(o.Status.ReadyReplicas).Age(o.Metadata.CreationTimestamp);
        Containers(o.Spec.Template?.Spec ?? new PodSpec(), cells);
        cells.Text(Labels(o.Spec.Selector));
    }

    public static void Print(StatefulSet o, Cells cells)
    {
        cells.Text(o.Name).Text($"{o.Status.ReadyReplicas}/{o.Spec.Replicas ?? 1}").Age(o.Metadata.CreationTimestamp);
        Containers(o.Spec.Template.Spec, cells);
    }

    public static void Print(DaemonSet o, Cells cells)
    {
        cells.Text(o.Name).Number(o.Status.DesiredNumberScheduled).Number(o.Status.CurrentNumberScheduled).Number(o.Status.NumberReady)
            .Number(o.Status.UpdatedNumberScheduled).Number(o.Status.NumberAvailable).Text(Labels(o.Spec.Template.Spec.NodeSelector)).Age(o.Metadata.CreationTimestamp);
        Containers(o.Spec.Template.Spec, cells);
        cells.Text(Selector(o.Spec.Selector));
    }

    public static void Print(ControllerRevision o, Cells cells)
    {
        var controller = o.Metadata.OwnerReferences.Find(r => r.Controller == true);
        var group = controller is null ? "" : controller.ApiVersion.Split('/') is [var g, _] ? g : "";
        cells.Text(o.Name)
            .Text(controller is null ? "<none>" : $"{controller.Kind.ToLowerInvariant()}{(group.Length > 0 ? "." + group : "")}/{controller.Name}")
            .Number(o.Revision).Age(o.Metadata.CreationTimestamp);
    }

    public static void Print(PodTemplate o, Cells cells)
    {
        cells.Text(o.Name);
        Containers(o.Template.Spec, cells);
        cells.Text(Labels(o.Template.Metadata.Labels));
    }

    public static void Print(Job o, Cells cells)
    {
        var completions = o.Spec.Completions is { } wanted ? $"{o.Status.Succeeded}/{wanted}"
            : o.Spec.Parallelism is > 1 and var parallelism ? $"{o.Status.Succeeded}/1 of {parallelism}"
            : $"{o.Status.Succeeded}/1";
        var duration = o.Status.StartTime is not { } start ? ""
            : o.Status.CompletionTime is { } end ? Cells.Duration(end - start)
            : Cells.Duration(cells.Now - start);
        cells.Text(o.Name).Text(StatusOf(o)).Text(completions).Text(duration).Age(o.Metadata.CreationTimestamp);
        Containers(o.Spec.Template.Spec, cells);
        cells.Text(Selector(o.Spec.Selector));
    }

    public static void Print(CronJob o, Cells cells)
    {
        cells.Text(o.Name).Text(o.Spec.Schedule).Text(o.Spec.TimeZone ?? "<none>").Flag(o.Spec.Suspend ?? false).Number(o.Status.Active.Count)
            .Text(o.Status.LastScheduleTime is { } last ? cells.AgeText(last) : "<none>").Age(o.Metadata.CreationTimestamp);
        Containers(o.Spec.JobTemplate.Spec.Template.Spec, cells);
        cells.Text(Selector(o.Spec.JobTemplate.Spec.Selector));
    }

    private static string StatusOf(Job job)
    {
        bool Is(string type) => job.Status.Conditions.Exists(c => c.Type == type && c.Status == "True");
        return Is("Complete") ? "Complete"
            : Is("Failed") ? "Failed"
            : job.Metadata.DeletionTimestamp is not null ? "Terminating"
            : Is("Suspended") ? "Suspended"
            : Is("FailureTarget") ? "FailureTarget"
            : Is("SuccessCriteriaMet") ? "SuccessCriteriaMet"
            : "Running";
    }

    private static void Containers(PodSpec spec, Cells cells) =>
        cells.Text(string.Join(',', spec.Containers.Select(c => c.Name))).Text(string.Join(',', spec.Containers.Select(c => c.Image)));

    private static string Selector(LabelSelector? selector) =>
        selector is null ? "<none>" : ScaleView.Text(selector) is { Length: > 0 } text ? text : "<none>";

    internal static string Labels(IReadOnlyDictionary<string, string> labels) =>
        labels.Count == 0 ? "<none>" : string.Join(',', labels.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}"));
}
