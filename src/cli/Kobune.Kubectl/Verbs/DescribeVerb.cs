using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Describe;
using Kobune.Kubectl.Manifests;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl describe.</summary>
internal static class DescribeVerb
{
    public static readonly Command Definition = new("describe", "Show details of a specific resource or group of resources")
    {
        Usage = "(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)",
        Long = "Show details of a specific resource or group of resources: the object, what belongs to it, and its events. A name that does not exist is taken as a prefix.",
        Examples = """
            # A pod, with what happened to it
            kubectl describe pod web

            # All pods whose name begins so
            kubectl describe pods web-7d9f

            # A node
            kubectl describe node worker-1
            """,
        Flags =
        [
            ResourceFinder.AllNamespaces, .. ResourceFinder.Flags, Flag.Int("chunk-size", "Fetch long lists in pieces of this size.", 500),
            Flag.Bool("show-events", "Show the events.", on: true),
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        var items = await FindAsync(i).ConfigureAwait(false);
        if (items.Count == 0)
        {
            i.Error.WriteLine(i.AllNamespaces ? "No resources found" : $"No resources found in {i.Namespace} namespace.");
            return 0;
        }

        var first = true;
        foreach (var item in items)
        {
            if (!first)
            {
                i.Out.Write("\n\n");
            }

            first = false;
            i.Out.Write(await DescribeAsync(i, item).ConfigureAwait(false));
        }

        return 0;
    }

    private static async Task<IReadOnlyList<ResourceItem>> FindAsync(Invocation i)
    {
        if (i.Flags.List("filename").Count > 0 || i.Flags.TextOrNull("kustomize") is not null)
        {
            return await ResourceFinder.FindAsync(i, []).ConfigureAwait(false);
        }

        var targets = await GetTargets.OfAsync(i).ConfigureAwait(false);
        var items = new List<ResourceItem>();
        foreach (var target in targets.All)
        {
            if (target.Name is null)
            {
                items.AddRange(await ResourceFinder.ListAsync(i, target.Mapping).ConfigureAwait(false));
                continue;
            }

            var item = new ResourceItem(target.Mapping, target.Namespace, target.Name);
            try
            {
                items.Add(item with { Object = await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false) });
            }
            catch (KubeStatusException e) when (e.IsNotFound)
            {
                var list = await i.Cluster.GetAsync(target.Mapping.Path(target.Namespace), i.Cancellation).ConfigureAwait(false);
                var matches = ResourceFinder.ItemsOf(list).Where(o => o.Name().StartsWith(target.Name, StringComparison.Ordinal)).Select(o => ResourceItem.Of(target.Mapping, o)).ToArray();
                if (matches.Length == 0)
                {
                    throw;
                }

                items.AddRange(matches);
            }
        }

        return items;
    }

    private static async Task<string> DescribeAsync(Invocation i, ResourceItem item)
    {
        var w = new DescribeWriter();
        var obj = item.Object!;
        await WriteAsync(w, obj, i, item.Mapping.BuiltIn is not null).ConfigureAwait(false);
        if (i.Flags.Bool("show-events") && obj.Text("kind") is not ("Role" or "ClusterRole" or "RoleBinding" or "ClusterRoleBinding" or "Secret" or "Namespace" or "Event"))
        {
            EventsTable.Write(w, await EventsTable.FetchAsync(i, obj).ConfigureAwait(false), i.Time);
        }

        return w.Finish();
    }

    private static Task WriteAsync(DescribeWriter w, JsonObject o, Invocation i, bool builtIn)
    {
        switch (builtIn ? o.Text("kind") : "")
        {
            case "Pod":
                DescribePod.Write(w, o, i.Time);
                return Task.CompletedTask;
            case "Deployment":
                return DescribeWorkloads.DeploymentAsync(w, o, i);
            case "ReplicaSet" or "ReplicationController":
                return DescribeWorkloads.ReplicaSetAsync(w, o, i);
            case "StatefulSet":
                return DescribeWorkloads.StatefulSetAsync(w, o, i);
            case "DaemonSet":
                return DescribeWorkloads.DaemonSetAsync(w, o, i);
            case "Job":
                DescribeWorkloads.Job(w, o, i.Time);
                return Task.CompletedTask;
            case "CronJob":
                DescribeWorkloads.CronJob(w, o);
                return Task.CompletedTask;
            case "HorizontalPodAutoscaler":
                DescribeWorkloads.Autoscaler(w, o);
                return Task.CompletedTask;
            case "Node":
                return DescribeNode.WriteAsync(w, o, i);
            case "Service":
                return DescribeNetwork.ServiceAsync(w, o, i);
            case "Ingress":
                return DescribeNetwork.IngressAsync(w, o, i);
            case "ConfigMap":
                DescribeConfig.ConfigMap(w, o);
                return Task.CompletedTask;
            case "Secret":
                DescribeConfig.Secret(w, o);
                return Task.CompletedTask;
            case "ServiceAccount":
                return DescribeConfig.ServiceAccountAsync(w, o, i);
            case "Namespace":
                return DescribeConfig.NamespaceAsync(w, o, i);
            case "Role" or "ClusterRole":
                DescribeConfig.Role(w, o);
                return Task.CompletedTask;
            case "RoleBinding" or "ClusterRoleBinding":
                DescribeConfig.Binding(w, o);
                return Task.CompletedTask;
            case "PersistentVolumeClaim":
                return DescribeStorage.ClaimAsync(w, o, i);
            case "PersistentVolume":
                DescribeStorage.Volume(w, o);
                return Task.CompletedTask;
            case "StorageClass":
                DescribeStorage.StorageClass(w, o);
                return Task.CompletedTask;
            default:
                DescribeGeneric.Write(w, o);
                return Task.CompletedTask;
        }
    }
}
