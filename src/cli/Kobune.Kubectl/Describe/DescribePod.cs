using System.Text.Json.Nodes;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Describe;

/// <summary>A Pod, and the Pod template in its owners.</summary>
internal static class DescribePod
{
    public static void Write(DescribeWriter w, JsonObject pod, TimeProvider time)
    {
        w.Field(0, "Name", pod.Name());
        w.Field(0, "Namespace", pod.Namespace());
        w.Field(0, "Priority", pod.Long("spec", "priority").ToString(System.Globalization.CultureInfo.InvariantCulture));
        Optional(w, "Priority Class Name", pod.TextOrNull("spec", "priorityClassName"));
        Optional(w, "Runtime Class Name", pod.TextOrNull("spec", "runtimeClassName"));
        Optional(w, "Service Account", pod.TextOrNull("spec", "serviceAccountName"));
        w.Field(0, "Node", pod.TextOrNull("spec", "nodeName") is { } node ? $"{node}/{pod.Text("status", "hostIP")}" : "<none>");
        if (pod.Time("status", "startTime") is { } start)
        {
            w.Field(0, "Start Time", DescribeWriter.Time(start));
        }

        w.Map(0, "Labels", pod.Map("metadata", "labels"));
        w.Annotations(0, "Annotations", pod.Map("metadata", "annotations"));
        Status(w, pod, time);
        Optional(w, "Reason", pod.TextOrNull("status", "reason"));
        Optional(w, "Message", pod.TextOrNull("status", "message"));
        Optional(w, "SeccompProfile", pod.TextOrNull("spec", "securityContext", "seccompProfile", "type"));
        w.Field(0, "IP", pod.Text("status", "podIP"));
        Addresses(w, pod);
        Optional(w, "Controlled By", pod.Objects("metadata", "ownerReferences").FirstOrDefault(o => o.Bool("controller")) is { } owner ? $"{owner.Text("kind")}/{owner.Text("name")}" : null);
        Optional(w, "NominatedNodeName", pod.TextOrNull("status", "nominatedNodeName"));
        Containers(w, pod);
        Conditions(w, pod);
        DescribeVolumes.Write(w, 0, pod.Objects("spec", "volumes"));
        w.Field(0, "QoS Class", pod.TextOrNull("status", "qosClass") ?? "BestEffort");
        w.Map(0, "Node-Selectors", pod.Map("spec", "nodeSelector"));
        Tolerations(w, 0, pod.Objects("spec", "tolerations"));
        Spread(w, pod);
    }

    public static void Template(DescribeWriter w, JsonObject template)
    {
        w.Line(0, "Pod Template:");
        if (template.Count == 0)
        {
            w.Line(1, "<unset>");
            return;
        }

        w.Map(1, "Labels", template.Map("metadata", "labels"));
        if (template.Map("metadata", "annotations").Count > 0)
        {
            w.Annotations(1, "Annotations", template.Map("metadata", "annotations"));
        }

        if (template.TextOrNull("spec", "serviceAccountName") is { } account)
        {
            w.Field(1, "Service Account", account);
        }

        if (template.Items("spec", "initContainers").Count > 0)
        {
            DescribeContainers.Write(w, 1, "Init Containers", template.Objects("spec", "initContainers"), null, null);
        }

        DescribeContainers.Write(w, 1, "Containers", template.Objects("spec", "containers"), null, null);
        DescribeVolumes.Write(w, 1, template.Objects("spec", "volumes"));
        if (template.TextOrNull("spec", "priorityClassName") is { } priority)
        {
            w.Field(1, "Priority Class Name", priority);
        }

        w.Map(1, "Node-Selectors", template.Map("spec", "nodeSelector"));
        Tolerations(w, 1, template.Objects("spec", "tolerations"));
    }

    private static void Optional(DescribeWriter w, string name, string? value)
    {
        if (value is not null)
        {
            w.Field(0, name, value);
        }
    }

    private static void Status(DescribeWriter w, JsonObject pod, TimeProvider time)
    {
        if (pod.Time("metadata", "deletionTimestamp") is { } deletion && pod.Text("status", "phase") is not ("Failed" or "Succeeded"))
        {
            w.Field(0, "Status", $"Terminating (lasts {HumanDuration.Since(deletion, time)})");
            w.Field(0, "Termination Grace Period", $"{pod.Long("metadata", "deletionGracePeriodSeconds")}s");
            return;
        }

        w.Field(0, "Status", pod.Text("status", "phase"));
    }

    private static void Addresses(DescribeWriter w, JsonObject pod)
    {
        var addresses = pod.Objects("status", "podIPs").ToArray();
        w.Line(0, addresses.Length == 0 ? "IPs:\t<none>" : "IPs:");
        foreach (var address in addresses)
        {
            w.Field(1, "IP", address.Text("ip"));
        }
    }

    private static void Containers(DescribeWriter w, JsonObject pod)
    {
        foreach (var (title, name) in new[] { ("Init Containers", "initContainer"), ("Containers", "container"), ("Ephemeral Containers", "ephemeralContainer") })
        {
            if (name == "container" || pod.Items("spec", name + "s").Count > 0)
            {
                DescribeContainers.Write(w, 0, title, pod.Objects("spec", name + "s"), pod.Objects("status", name + "Statuses"), pod);
            }
        }
    }

    private static void Conditions(DescribeWriter w, JsonObject pod)
    {
        var conditions = pod.Objects("status", "conditions").ToArray();
        if (conditions.Length == 0)
        {
            return;
        }

        w.Line(0, "Conditions:\n  Type\tStatus");
        foreach (var c in conditions)
        {
            w.Line(1, $"{c.Text("type")} \t{c.Text("status")} ");
        }
    }

    private static void Tolerations(DescribeWriter w, int level, IEnumerable<JsonObject> tolerations)
    {
        var all = tolerations.Select(Toleration).Order(StringComparer.Ordinal).ToArray();
        w.Line(level, $"Tolerations:\t{(all.Length == 0 ? "<none>" : all[0])}");
        foreach (var t in all.Skip(1))
        {
            w.Line(level, $"\t{t}");
        }
    }

    private static string Toleration(JsonObject t)
    {
        var text = t.Text("key");
        if (t.TextOrNull("value") is { } value)
        {
            text += "=" + value;
        }

        if (t.TextOrNull("effect") is { } effect)
        {
            text += ":" + effect;
        }

        if (t.Text("operator") == "Exists" && t.TextOrNull("value") is null)
        {
            text += t.TextOrNull("key") is null && t.TextOrNull("effect") is null ? "op=Exists" : " op=Exists";
        }

        return t.LongOrNull("tolerationSeconds") is { } seconds ? $"{text} for {seconds}s" : text;
    }

    private static void Spread(DescribeWriter w, JsonObject pod)
    {
        var first = true;
        foreach (var c in pod.Objects("spec", "topologySpreadConstraints"))
        {
            var selector = c.At("labelSelector") is JsonObject s ? Cluster.SelectorText.Format(s) : "<none>";
            w.Line(0, $"{(first ? "Topology Spread Constraints:" : "")}\t{c.Text("topologyKey")}:{c.Text("whenUnsatisfiable")} when max skew {c.Long("maxSkew")} is exceeded for selector {selector}");
            first = false;
        }
    }
}
