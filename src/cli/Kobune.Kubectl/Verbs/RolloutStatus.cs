using System.Text.Json.Nodes;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl rollout status: tells each step until the rollout is through.</summary>
internal static class RolloutStatus
{
    public static async Task<int> RunAsync(Invocation i)
    {
        foreach (var item in await RolloutVerb.FindAsync(i).ConfigureAwait(false))
        {
            await WaitAsync(i, item).ConfigureAwait(false);
        }

        return 0;
    }

    private static async Task WaitAsync(Invocation i, ResourceItem item)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(i.Cancellation);
        if (i.Flags.Duration("timeout") is { Ticks: > 0 } timeout)
        {
            limit.CancelAfter(timeout);
        }

        var last = "";
        try
        {
            await ObjectWatch.UntilAsync(i, item.Mapping, item.Namespace, item.Name, obj =>
            {
                if (obj is null)
                {
                    throw new CommandException("object has been deleted");
                }

                var (text, done) = Of(obj, i.Flags.Int("revision"));
                if (text != last)
                {
                    i.Out.Write(text);
                    i.Out.Flush();
                    last = text;
                }

                return done || !i.Flags.Bool("watch");
            }, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!i.Cancellation.IsCancellationRequested)
        {
            throw new CommandException("timed out waiting for the condition");
        }
    }

    /// <summary>What is to be said of a workload, and whether its rollout is through.</summary>
    internal static (string Text, bool Done) Of(JsonObject o, int revision) => o.Text("kind") switch
    {
        "Deployment" => Deployment(o, revision),
        "DaemonSet" => DaemonSet(o),
        "StatefulSet" => StatefulSet(o),
        var kind => throw new CommandException($"no status viewer has been implemented for {kind}"),
    };

    private static (string, bool) Deployment(JsonObject d, int revision)
    {
        var name = d.Name();
        if (revision > 0 && d.Long("metadata", "annotations", "deployment.kubernetes.io/revision") != revision)
        {
            throw new CommandException($"desired revision ({revision}) is different from the running revision ({d.Long("metadata", "annotations", "deployment.kubernetes.io/revision")})");
        }

        if (d.Long("metadata", "generation") > d.Long("status", "observedGeneration"))
        {
            return ("Waiting for deployment spec update to be observed...\n", false);
        }

        if (d.Objects("status", "conditions").FirstOrDefault(c => c.Text("type") == "Progressing")?.Text("reason") == "ProgressDeadlineExceeded")
        {
            throw new CommandException($"deployment {GoText.Quote(name)} exceeded its progress deadline");
        }

        var (wanted, updated, all, available) = (d.LongOrNull("spec", "replicas") ?? 1, d.Long("status", "updatedReplicas"), d.Long("status", "replicas"), d.Long("status", "availableReplicas"));
        if (updated < wanted)
        {
            return ($"Waiting for deployment {GoText.Quote(name)} rollout to finish: {updated} out of {wanted} new replicas have been updated...\n", false);
        }

        if (all > updated)
        {
            return ($"Waiting for deployment {GoText.Quote(name)} rollout to finish: {all - updated} old replicas are pending termination...\n", false);
        }

        return available < updated
            ? ($"Waiting for deployment {GoText.Quote(name)} rollout to finish: {available} of {updated} updated replicas are available...\n", false)
            : ($"deployment {GoText.Quote(name)} successfully rolled out\n", true);
    }

    private static (string, bool) DaemonSet(JsonObject d)
    {
        if (d.Text("spec", "updateStrategy", "type") != "RollingUpdate")
        {
            throw new CommandException("rollout status is only available for RollingUpdate strategy type");
        }

        if (d.Long("metadata", "generation") > d.Long("status", "observedGeneration"))
        {
            return ("Waiting for daemon set spec update to be observed...\n", false);
        }

        var (wanted, updated, available) = (d.Long("status", "desiredNumberScheduled"), d.Long("status", "updatedNumberScheduled"), d.Long("status", "numberAvailable"));
        if (updated < wanted)
        {
            return ($"Waiting for daemon set {GoText.Quote(d.Name())} rollout to finish: {updated} out of {wanted} new pods have been updated...\n", false);
        }

        return available < wanted
            ? ($"Waiting for daemon set {GoText.Quote(d.Name())} rollout to finish: {available} of {wanted} updated pods are available...\n", false)
            : ($"daemon set {GoText.Quote(d.Name())} successfully rolled out\n", true);
    }

    private static (string, bool) StatefulSet(JsonObject s)
    {
        if (s.Text("spec", "updateStrategy", "type") != "RollingUpdate")
        {
            throw new CommandException("rollout status is only available for RollingUpdate strategy type");
        }

        if (s.Long("status", "observedGeneration") == 0 || s.Long("metadata", "generation") > s.Long("status", "observedGeneration"))
        {
            return ("Waiting for statefulset spec update to be observed...\n", false);
        }

        var wanted = s.LongOrNull("spec", "replicas") ?? 1;
        if (s.Long("status", "readyReplicas") < wanted)
        {
            return ($"Waiting for {wanted - s.Long("status", "readyReplicas")} pods to be ready...\n", false);
        }

        if (s.LongOrNull("spec", "updateStrategy", "rollingUpdate", "partition") is > 0 and var partition)
        {
            return s.Long("status", "updatedReplicas") < wanted - partition
                ? ($"Waiting for partitioned roll out to finish: {s.Long("status", "updatedReplicas")} out of {wanted - partition} new pods have been updated...\n", false)
                : ($"partitioned roll out complete: {s.Long("status", "updatedReplicas")} new pods have been updated...\n", true);
        }

        return s.Text("status", "updateRevision") != s.Text("status", "currentRevision")
            ? ($"waiting for statefulset rolling update to complete {s.Long("status", "updatedReplicas")} pods at revision {s.Text("status", "updateRevision")}...\n", false)
            : ($"statefulset rolling update complete {s.Long("status", "currentReplicas")} pods at revision {s.Text("status", "currentRevision")}...\n", true);
    }
}
