using System.Text.Json.Nodes;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Verbs.Create;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl expose and kubectl autoscale: objects made from what is there.</summary>
internal static class ExposeVerb
{
    public static readonly Command Expose = new("expose", "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service")
    {
        Usage = "(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]",
        Examples = """
            # A service for a deployment: port 80, the pods' port 8000
            kubectl expose deployment web --port=80 --target-port=8000

            # On a port of every node
            kubectl expose deployment web --port=80 --type=NodePort
            """,
        Flags =
        [
            ResourceFinder.Filename, ResourceFinder.Recursive, ResourceFinder.Kustomize, Flag.Text("cluster-ip", "The address, or None."), Flag.Text("external-ip", "A further address."),
            Flag.Text("labels", "Labels of the service.", 'l'), Flag.Text("load-balancer-ip", "Address for the load balancer."), Flag.Text("name", "Name of the service; that of the object without."),
            Flag.Text("overrides", "JSON to merge in."), Flag.Text("port", "The service's port."), Flag.Text("protocol", "TCP, UDP or SCTP."), Flag.Text("selector", "Selector of the pods; that of the object without."),
            Flag.Text("session-affinity", "None or ClientIP."), Flag.Text("target-port", "The pods' port, number or name."), Flag.Text("type", "ClusterIP, NodePort, LoadBalancer or ExternalName."), .. CreateVerb.CommonFlags,
        ],
        Run = ExposeAsync,
    };

    public static readonly Command Autoscale = new("autoscale", "Auto-scale a deployment, replica set, stateful set, or replication controller")
    {
        Usage = "(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu-percent=CPU]",
        Examples = "# Between 2 and 10 pods, at 80% of the requested CPU\nkubectl autoscale deployment web --min=2 --max=10 --cpu-percent=80",
        Flags =
        [
            ResourceFinder.Filename, ResourceFinder.Recursive, ResourceFinder.Kustomize, Flag.Text("cpu", "Target: 80% or 500m."), Flag.Int("cpu-percent", "Target utilisation in percent of the request.", -1),
            Flag.Int("max", "At most this many pods. Required.", -1), Flag.Int("min", "At least this many pods.", -1), Flag.Text("memory", "Target: 80% or 500Mi."), Flag.Text("name", "Name of the autoscaler."), .. CreateVerb.CommonFlags,
        ],
        Run = AutoscaleAsync,
    };

    private static async Task<int> ExposeAsync(Invocation i)
    {
        var item = await OneAsync(i).ConfigureAwait(false);
        var obj = item.Object!;
        var selector = i.Flags.TextOrNull("selector") is { } text
            ? new JsonObject(text.Split(',').Select(p => p.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], (JsonNode?)p.ElementAtOrDefault(1))))
            : Selector(item, obj);
        var ports = Ports(i, obj);
        var metadata = CreateVerb.Metadata(i.Flags.TextOrNull("name") ?? item.Name);
        var labels = i.Flags.TextOrNull("labels") is { } l
            ? new JsonObject(l.Split(',').Select(p => p.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], (JsonNode?)p.ElementAtOrDefault(1))))
            : (JsonObject)obj.Map("metadata", "labels").DeepClone();
        if (labels.Count > 0)
        {
            metadata["labels"] = labels;
        }

        var spec = new JsonObject { ["ports"] = ports, ["selector"] = selector };
        foreach (var (flag, field) in new[] { ("cluster-ip", "clusterIP"), ("load-balancer-ip", "loadBalancerIP"), ("session-affinity", "sessionAffinity"), ("type", "type") })
        {
            if (i.Flags.TextOrNull(flag) is { } value)
            {
                spec[field] = value;
            }
        }

        if (i.Flags.TextOrNull("external-ip") is { } external)
        {
            spec["externalIPs"] = new JsonArray(external);
        }

        var service = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Service", ["metadata"] = metadata, ["spec"] = spec, ["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() } };
        return await ReportAsync(i, service, "exposed").ConfigureAwait(false);
    }

    private static JsonArray Ports(Invocation i, JsonObject obj)
    {
        var protocol = i.Flags.TextOrNull("protocol");
        var target = i.Flags.TextOrNull("target-port");
        var given = i.Flags.TextOrNull("port")?.Split(',');
        var found = obj.Text("kind") == "Service"
            ? obj.Objects("spec", "ports").Select(p => (Port: p.Text("port"), Protocol: p.Text("protocol"))).ToArray()
            : [.. (obj.At("spec", "template", "spec") ?? obj.At("spec")).Objects("containers").SelectMany(c => c.Objects("ports")).Select(p => (p.Text("containerPort"), p.TextOrNull("protocol") ?? "TCP"))];
        var ports = given?.Select(p => (Port: p, Protocol: found.FirstOrDefault(f => f.Port == p).Protocol ?? "TCP")).ToArray() ?? found;
        if (ports.Length == 0)
        {
            throw new CommandException("couldn't find port via --port flag or introspection");
        }

        return new JsonArray([.. ports.Select((p, n) =>
        {
            var port = new JsonObject();
            if (ports.Length > 1)
            {
                port["name"] = $"port-{n + 1}";
            }

            port["port"] = int.Parse(p.Port, System.Globalization.CultureInfo.InvariantCulture);
            port["protocol"] = protocol ?? p.Protocol;
            var to = target ?? p.Port;
            port["targetPort"] = int.TryParse(to, out var number) ? number : to;
            return port;
        })]);
    }

    private static JsonObject Selector(ResourceItem item, JsonObject obj)
    {
        var selector = obj.Text("kind") switch
        {
            "Pod" => obj.Map("metadata", "labels"),
            "Service" or "ReplicationController" => obj.Map("spec", "selector"),
            "Deployment" or "ReplicaSet" => obj.Map("spec", "selector", "matchLabels"),
            _ => throw new CommandException($"cannot expose a {item.Mapping.Kind}"),
        };
        return selector.Count > 0
            ? (JsonObject)selector.DeepClone()
            : throw new CommandException($"couldn't retrieve selectors via --selector flag or introspection: the {item.Mapping.Singular} has no {(obj.Text("kind") == "Pod" ? "labels" : "selector")} and cannot be exposed");
    }

    private static async Task<int> AutoscaleAsync(Invocation i)
    {
        var (min, max) = (i.Flags.Int("min"), i.Flags.Int("max"));
        if (max < 1)
        {
            throw new CommandException($"--max=MAXPODS is required and must be at least 1, max: {max}");
        }

        if (max < min)
        {
            throw new CommandException($"--max=MAXPODS must be larger or equal to --min=MINPODS, max: {max}, min: {min}");
        }

        var item = await OneAsync(i).ConfigureAwait(false);
        var spec = new JsonObject
        {
            ["maxReplicas"] = max,
            ["scaleTargetRef"] = new JsonObject { ["apiVersion"] = item.Mapping.ApiVersion, ["kind"] = item.Mapping.Kind, ["name"] = item.Name },
        };
        if (min > 0)
        {
            spec["minReplicas"] = min;
        }

        var metrics = new JsonArray();
        AddMetric(metrics, "cpu", i.Flags.Int("cpu-percent") > 0 ? $"{i.Flags.Int("cpu-percent")}%" : i.Flags.TextOrNull("cpu"));
        AddMetric(metrics, "memory", i.Flags.TextOrNull("memory"));
        if (metrics.Count > 0)
        {
            spec["metrics"] = metrics;
        }

        return await ReportAsync(i, new JsonObject
        {
            ["apiVersion"] = "autoscaling/v2",
            ["kind"] = "HorizontalPodAutoscaler",
            ["metadata"] = CreateVerb.Metadata(i.Flags.TextOrNull("name") ?? item.Name),
            ["spec"] = spec,
        }, "autoscaled").ConfigureAwait(false);
    }

    private static void AddMetric(JsonArray metrics, string resource, string? target)
    {
        if (target is null)
        {
            return;
        }

        var goal = target.EndsWith('%')
            ? new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = int.Parse(target[..^1], System.Globalization.CultureInfo.InvariantCulture) }
            : new JsonObject { ["type"] = "AverageValue", ["averageValue"] = target };
        metrics.Add(new JsonObject { ["type"] = "Resource", ["resource"] = new JsonObject { ["name"] = resource, ["target"] = goal } });
    }

    private static async Task<ResourceItem> OneAsync(Invocation i)
    {
        var items = i.Flags.List("filename").Count > 0
            ? await ResourceFinder.FindAsync(i, []).ConfigureAwait(false)
            : [.. await Task.WhenAll((await ResourceArguments.ReadAsync(i, i.Arguments, namesRequired: true).ConfigureAwait(false)).Named.Select(async n =>
            {
                var item = new ResourceItem(n.Mapping, n.Mapping.Namespaced ? i.Namespace : null, n.Name);
                return item with { Object = await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false) };
            })).ConfigureAwait(false)];
        return items.Count == 1 ? items[0] : throw new CommandException("you must specify one resource by type and name");
    }

    private static async Task<int> ReportAsync(Invocation i, JsonObject obj, string done)
    {
        var mapping = ResourceMapping.Of(Kobune.Api.ResourceInfo.BuiltIns.First(b => b.Kind == obj.Text("kind") && b.ApiVersion == obj.Text("apiVersion")));
        if (DryRun.Of(i) != DryRun.Client || i.Flags.TextOrNull("namespace") is not null)
        {
            obj.Ensure("metadata")["namespace"] = i.Namespace;
        }

        var item = ResourceItem.Of(mapping, obj);
        var reporter = new ResultReporter(i);
        var path = Kobune.Client.Http.ApiPaths.WithQuery(mapping.Path(i.Namespace), ("fieldManager", "kubectl-" + i.Command.Name), ("dryRun", DryRun.Query(i)));
        reporter.Report(item, done, DryRun.Of(i) == DryRun.Client ? obj : await i.Cluster.SendAsync(HttpMethod.Post, path, obj, i.Cancellation).ConfigureAwait(false));
        reporter.Finish();
        return 0;
    }
}
