using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Describe;

/// <summary>Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, HorizontalPodAutoscaler.</summary>
internal static class DescribeWorkloads
{
    public static async Task DeploymentAsync(DescribeWriter w, JsonObject d, Invocation i)
    {
        Head(w, d);
        w.Field(0, "CreationTimestamp", DescribeWriter.Time(d.Time("metadata", "creationTimestamp")));
        Labels(w, d);
        w.Field(0, "Selector", SelectorText.Of(d) ?? "<none>");
        w.Field(0, "Replicas", $"{d.LongOrNull("spec", "replicas") ?? 1} desired | {d.Long("status", "updatedReplicas")} updated | {d.Long("status", "replicas")} total | {d.Long("status", "availableReplicas")} available | {d.Long("status", "unavailableReplicas")} unavailable");
        w.Field(0, "StrategyType", d.Text("spec", "strategy", "type"));
        w.Field(0, "MinReadySeconds", d.Long("spec", "minReadySeconds").ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (d.At("spec", "strategy", "rollingUpdate") is JsonObject rolling)
        {
            w.Field(0, "RollingUpdateStrategy", $"{rolling.Text("maxUnavailable")} max unavailable, {rolling.Text("maxSurge")} max surge");
        }

        DescribePod.Template(w, d.Map("spec", "template"));
        Conditions(w, d);
        await ReplicaSetsAsync(w, d, i).ConfigureAwait(false);
    }

    public static async Task ReplicaSetAsync(DescribeWriter w, JsonObject r, Invocation i)
    {
        Head(w, r);
        w.Field(0, "Selector", SelectorText.Of(r) ?? "<none>");
        Labels(w, r);
        Owner(w, r);
        w.Field(0, "Replicas", $"{r.Long("status", "replicas")} current / {r.LongOrNull("spec", "replicas") ?? 1} desired");
        await PodsStatusAsync(w, r, i).ConfigureAwait(false);
        DescribePod.Template(w, r.Map("spec", "template"));
        if (r.Items("status", "conditions").Count > 0)
        {
            Conditions(w, r);
        }
    }

    public static async Task StatefulSetAsync(DescribeWriter w, JsonObject s, Invocation i)
    {
        Head(w, s);
        w.Field(0, "CreationTimestamp", DescribeWriter.Time(s.Time("metadata", "creationTimestamp")));
        w.Field(0, "Selector", SelectorText.Of(s) ?? "<none>");
        Labels(w, s);
        w.Field(0, "Replicas", $"{s.LongOrNull("spec", "replicas") ?? 1} desired | {s.Long("status", "replicas")} total");
        w.Field(0, "Update Strategy", s.Text("spec", "updateStrategy", "type"));
        if (s.At("spec", "updateStrategy", "rollingUpdate") is JsonObject rolling)
        {
            w.Field(1, "Partition", rolling.Long("partition").ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        await PodsStatusAsync(w, s, i).ConfigureAwait(false);
        DescribePod.Template(w, s.Map("spec", "template"));
        ClaimTemplates(w, s);
    }

    public static async Task DaemonSetAsync(DescribeWriter w, JsonObject d, Invocation i)
    {
        w.Field(0, "Name", d.Name());
        w.Field(0, "Namespace", d.Namespace());
        w.Field(0, "Selector", SelectorText.Of(d) ?? "<none>");
        w.Field(0, "Node-Selector", DescribeWriter.LabelList(d.Map("spec", "template", "spec", "nodeSelector")));
        Labels(w, d);
        w.Field(0, "Desired Number of Nodes Scheduled", Count(d, "desiredNumberScheduled"));
        w.Field(0, "Current Number of Nodes Scheduled", Count(d, "currentNumberScheduled"));
        w.Field(0, "Number of Nodes Scheduled with Up-to-date Pods", Count(d, "updatedNumberScheduled"));
        w.Field(0, "Number of Nodes Scheduled with Available Pods", Count(d, "numberAvailable"));
        w.Field(0, "Number of Nodes Misscheduled", Count(d, "numberMisscheduled"));
        await PodsStatusAsync(w, d, i).ConfigureAwait(false);
        DescribePod.Template(w, d.Map("spec", "template"));
    }

    public static void Job(DescribeWriter w, JsonObject j, TimeProvider time)
    {
        Head(w, j);
        w.Field(0, "Selector", SelectorText.Of(j) ?? "<none>");
        Labels(w, j);
        Owner(w, j);
        w.Field(0, "Parallelism", j.TextOrNull("spec", "parallelism") ?? "<unset>");
        w.Field(0, "Completions", j.TextOrNull("spec", "completions") ?? "<unset>");
        if (j.TextOrNull("spec", "completionMode") is { } mode)
        {
            w.Field(0, "Completion Mode", mode);
        }

        if (j.At("spec", "suspend") is not null)
        {
            w.Field(0, "Suspend", j.Text("spec", "suspend"));
        }

        if (j.TextOrNull("spec", "backoffLimit") is { } backoff)
        {
            w.Field(0, "Backoff Limit", backoff);
        }

        if (j.Time("status", "startTime") is { } start)
        {
            w.Field(0, "Start Time", DescribeWriter.Time(start));
            if (j.Time("status", "completionTime") is { } end)
            {
                w.Field(0, "Completed At", DescribeWriter.Time(end));
                w.Field(0, "Duration", HumanDuration.Format(end - start));
            }
        }

        if (j.TextOrNull("spec", "activeDeadlineSeconds") is { } deadline)
        {
            w.Field(0, "Active Deadline Seconds", deadline + "s");
        }

        w.Field(0, "Pods Statuses", $"{Count(j, "active")} Active{(j.LongOrNull("status", "ready") is { } ready ? $" ({ready} Ready)" : "")} / {Count(j, "succeeded")} Succeeded / {Count(j, "failed")} Failed");
        if (j.TextOrNull("status", "completedIndexes") is { } indexes)
        {
            w.Field(0, "Completed Indexes", indexes);
        }

        DescribePod.Template(w, j.Map("spec", "template"));
    }

    public static void CronJob(DescribeWriter w, JsonObject c)
    {
        Head(w, c);
        Labels(w, c);
        w.Field(0, "Schedule", c.Text("spec", "schedule"));
        w.Field(0, "Concurrency Policy", c.Text("spec", "concurrencyPolicy"));
        w.Field(0, "Suspend", c.Bool("spec", "suspend") ? "True" : "False");
        w.Field(0, "Successful Job History Limit", c.TextOrNull("spec", "successfulJobsHistoryLimit") ?? "<unset>");
        w.Field(0, "Failed Job History Limit", c.TextOrNull("spec", "failedJobsHistoryLimit") ?? "<unset>");
        w.Field(0, "Starting Deadline Seconds", c.TextOrNull("spec", "startingDeadlineSeconds") is { } s ? s + "s" : "<unset>");
        w.Field(0, "Selector", "<unset>");
        w.Field(0, "Parallelism", c.TextOrNull("spec", "jobTemplate", "spec", "parallelism") ?? "<unset>");
        w.Field(0, "Completions", c.TextOrNull("spec", "jobTemplate", "spec", "completions") ?? "<unset>");
        DescribePod.Template(w, c.Map("spec", "jobTemplate", "spec", "template"));
        w.Field(0, "Last Schedule Time", c.Time("status", "lastScheduleTime") is { } last ? DescribeWriter.Time(last) : "<unset>");
        var active = c.Objects("status", "active").Select(a => a.Text("name")).ToArray();
        w.Field(0, "Active Jobs", active.Length == 0 ? "<none>" : string.Join(", ", active));
    }

    public static void Autoscaler(DescribeWriter w, JsonObject h)
    {
        Head(w, h);
        Labels(w, h);
        w.Field(0, "CreationTimestamp", DescribeWriter.Time(h.Time("metadata", "creationTimestamp")));
        w.Field(0, "Reference", $"{h.Text("spec", "scaleTargetRef", "kind")}/{h.Text("spec", "scaleTargetRef", "name")}");
        w.Line(0, "Metrics:\t( current / target )");
        foreach (var metric in h.Objects("spec", "metrics").Where(m => m.Text("type") == "Resource"))
        {
            var name = metric.Text("resource", "name");
            var current = h.Objects("status", "currentMetrics").FirstOrDefault(m => m.Text("resource", "name") == name);
            var target = metric.TextOrNull("resource", "target", "averageUtilization");
            w.Line(1, target is null
                ? $"resource {name} on pods:\t{current.TextOrNull("resource", "current", "averageValue") ?? "<unknown>"} / {metric.Text("resource", "target", "averageValue")}"
                : $"resource {name} on pods  (as a percentage of request):\t{(current.TextOrNull("resource", "current", "averageUtilization") is { } u ? $"{u}% ({current.Text("resource", "current", "averageValue")})" : "<unknown>")} / {target}%");
        }

        w.Field(0, "Min replicas", h.TextOrNull("spec", "minReplicas") ?? "<unset>");
        w.Field(0, "Max replicas", h.Text("spec", "maxReplicas"));
        w.Field(0, $"{h.Text("spec", "scaleTargetRef", "kind")} pods", $"{h.Long("status", "currentReplicas")} current / {h.Long("status", "desiredReplicas")} desired");
        var conditions = h.Objects("status", "conditions").ToArray();
        if (conditions.Length > 0)
        {
            w.Line(0, "Conditions:\n  Type\tStatus\tReason\tMessage");
            w.Line(1, "----\t------\t------\t-------");
            foreach (var c in conditions)
            {
                w.Line(1, $"{c.Text("type")}\t{c.Text("status")}\t{c.Text("reason")}\t{c.Text("message")}");
            }
        }
    }

    private static string Count(JsonObject o, string name) => o.Long("status", name).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static void Head(DescribeWriter w, JsonObject o)
    {
        w.Field(0, "Name", o.Name());
        w.Field(0, "Namespace", o.Namespace());
    }

    private static void Labels(DescribeWriter w, JsonObject o)
    {
        w.Map(0, "Labels", o.Map("metadata", "labels"));
        w.Annotations(0, "Annotations", o.Map("metadata", "annotations"));
    }

    private static void Owner(DescribeWriter w, JsonObject o)
    {
        if (o.Objects("metadata", "ownerReferences").FirstOrDefault(r => r.Bool("controller")) is { } owner)
        {
            w.Field(0, "Controlled By", $"{owner.Text("kind")}/{owner.Text("name")}");
        }
    }

    private static void Conditions(DescribeWriter w, JsonObject o)
    {
        var conditions = o.Objects("status", "conditions").ToArray();
        if (conditions.Length == 0)
        {
            return;
        }

        w.Line(0, "Conditions:\n  Type\tStatus\tReason");
        w.Line(1, "----\t------\t------");
        foreach (var c in conditions)
        {
            w.Line(1, $"{c.Text("type")} \t{c.Text("status")}\t{c.Text("reason")}");
        }
    }

    private static async Task ReplicaSetsAsync(DescribeWriter w, JsonObject deployment, Invocation i)
    {
        var path = ApiPaths.WithQuery(ApiPaths.Resource("apps", "v1", "replicasets", deployment.Namespace()), ("labelSelector", SelectorText.Of(deployment)));
        var uid = deployment.Text("metadata", "uid");
        var sets = ResourceFinder.ItemsOf(await i.Cluster.GetAsync(path, i.Cancellation).ConfigureAwait(false))
            .Where(r => r.Objects("metadata", "ownerReferences").Any(o => o.Text("uid") == uid))
            .OrderBy(r => r.Long("metadata", "annotations", "deployment.kubernetes.io/revision")).ToList();
        var newest = sets.LastOrDefault();
        var old = sets.Where(r => r != newest).ToArray();
        w.Field(0, "OldReplicaSets", old.Length == 0 ? "<none>" : string.Join(", ", old.Select(Show)));
        w.Field(0, "NewReplicaSet", newest is null ? "<none>" : Show(newest));

        static string Show(JsonObject r) => $"{r.Name()} ({r.Long("status", "replicas")}/{r.Long("spec", "replicas")} replicas created)";
    }

    private static async Task PodsStatusAsync(DescribeWriter w, JsonObject owner, Invocation i)
    {
        var path = ApiPaths.WithQuery(ApiPaths.Resource("", "v1", "pods", owner.Namespace()), ("labelSelector", SelectorText.Of(owner)));
        var uid = owner.Text("metadata", "uid");
        var phases = ResourceFinder.ItemsOf(await i.Cluster.GetAsync(path, i.Cancellation).ConfigureAwait(false))
            .Where(p => p.Objects("metadata", "ownerReferences").Any(o => o.Text("uid") == uid))
            .Select(p => p.Text("status", "phase")).ToArray();
        w.Field(0, "Pods Status", $"{phases.Count(p => p == "Running")} Running / {phases.Count(p => p == "Pending")} Waiting / {phases.Count(p => p == "Succeeded")} Succeeded / {phases.Count(p => p == "Failed")} Failed");
    }

    private static void ClaimTemplates(DescribeWriter w, JsonObject set)
    {
        var claims = set.Objects("spec", "volumeClaimTemplates").ToArray();
        if (claims.Length == 0)
        {
            w.Line(0, "Volume Claims:\t<none>");
            return;
        }

        w.Line(0, "Volume Claims:");
        foreach (var claim in claims)
        {
            w.Field(1, "Name", claim.Name());
            w.Field(1, "StorageClass", claim.Text("spec", "storageClassName"));
            w.Map(1, "Labels", claim.Map("metadata", "labels"));
            w.Annotations(1, "Annotations", claim.Map("metadata", "annotations"));
            w.Field(1, "Capacity", claim.TextOrNull("spec", "resources", "requests", "storage") ?? "<default>");
            w.Field(1, "Access Modes", $"[{string.Join(' ', claim.Strings("spec", "accessModes"))}]");
        }
    }
}
