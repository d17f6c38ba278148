using System.Text.Json.Nodes;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Describe;

/// <summary>Containers of a Pod or of a Pod template.</summary>
internal static class DescribeContainers
{
    /// <param name="statuses">The Pod's container statuses; null for a template.</param>
    public static void Write(DescribeWriter w, int level, string title, IEnumerable<JsonObject> containers, IEnumerable<JsonObject>? statuses, JsonObject? pod)
    {
        w.Line(level, $"{title}:");
        foreach (var container in containers)
        {
            var name = container.Text("name");
            // The template's names stand one column further in, not one level.
            w.Line(1, level > 0 ? $" {name}:" : $"{name}:");
            var status = statuses?.FirstOrDefault(s => s.Text("name") == name);
            Basic(w, 2, container, status);
            if (status is not null)
            {
                Status(w, 2, status);
            }

            Resources(w, 2, container);
            Probes(w, 2, container);
            Environment(w, 2, container, pod);
            Mounts(w, 2, container);
        }
    }

    private static void Basic(DescribeWriter w, int level, JsonObject container, JsonObject? status)
    {
        if (status is not null)
        {
            w.Field(level, "Container ID", status.Text("containerID"));
        }

        w.Field(level, "Image", container.Text("image"));
        if (status is not null)
        {
            w.Field(level, "Image ID", status.Text("imageID"));
        }

        var ports = container.Objects("ports").ToArray();
        var title = ports.Length > 1 ? "Ports" : "Port";
        w.Field(level, title, ports.Length == 0 ? "<none>" : string.Join(", ", ports.Select(p => $"{p.Text("containerPort")}/{p.TextOrNull("protocol") ?? "TCP"}{(p.TextOrNull("name") is { } n ? $" ({n})" : "")}")));
        w.Field(level, "Host " + title, ports.Length == 0 ? "<none>" : string.Join(", ", ports.Select(p => $"{p.Long("hostPort")}/{p.TextOrNull("protocol") ?? "TCP"}{(p.TextOrNull("name") is { } n ? $" ({n})" : "")}")));
        if (container.TextOrNull("securityContext", "seccompProfile", "type") is { } seccomp)
        {
            w.Field(level, "SeccompProfile", seccomp);
        }

        Words(w, level, "Command", container.Strings("command"));
        Words(w, level, "Args", container.Strings("args"));
    }

    private static void Words(DescribeWriter w, int level, string title, string[] words)
    {
        if (words.Length == 0)
        {
            return;
        }

        w.Line(level, title + ":");
        foreach (var line in words.SelectMany(c => c.TrimEnd('\n').Split('\n')))
        {
            w.Line(level + 1, line);
        }
    }

    private static void Status(DescribeWriter w, int level, JsonObject status)
    {
        State(w, level, "State", status.Map("state"));
        if (status.At("lastState", "terminated") is not null)
        {
            State(w, level, "Last State", status.Map("lastState"));
        }

        w.Field(level, "Ready", status.Bool("ready") ? "True" : "False");
        w.Field(level, "Restart Count", status.Long("restartCount").ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static void State(DescribeWriter w, int level, string title, JsonObject state)
    {
        if (state["running"] is JsonObject running)
        {
            w.Field(level, title, "Running");
            w.Field(level + 1, "Started", DescribeWriter.Time(running.Time("startedAt")));
        }
        else if (state["terminated"] is JsonObject ended)
        {
            w.Field(level, title, "Terminated");
            if (ended.TextOrNull("reason") is { } reason)
            {
                w.Field(level + 1, "Reason", reason);
            }

            if (ended.TextOrNull("message") is { } message)
            {
                w.Field(level + 1, "Message", message);
            }

            w.Field(level + 1, "Exit Code", ended.Long("exitCode").ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (ended.Long("signal") > 0)
            {
                w.Field(level + 1, "Signal", ended.Text("signal"));
            }

            w.Field(level + 1, "Started", DescribeWriter.Time(ended.Time("startedAt")));
            w.Field(level + 1, "Finished", DescribeWriter.Time(ended.Time("finishedAt")));
        }
        else
        {
            w.Field(level, title, "Waiting");
            if (state.TextOrNull("waiting", "reason") is { } reason)
            {
                w.Field(level + 1, "Reason", reason);
            }
        }
    }

    private static void Resources(DescribeWriter w, int level, JsonObject container)
    {
        foreach (var (title, name) in new[] { ("Limits", "limits"), ("Requests", "requests") })
        {
            var values = container.Map("resources", name);
            if (values.Count == 0)
            {
                continue;
            }

            w.Line(level, title + ":");
            foreach (var (resource, quantity) in values.OrderBy(p => p.Key, StringComparer.Ordinal))
            {
                w.Field(level + 1, resource, quantity.Text());
            }
        }
    }

    private static void Probes(DescribeWriter w, int level, JsonObject container)
    {
        foreach (var (title, name) in new[] { ("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe") })
        {
            if (container[name] is JsonObject probe)
            {
                w.Field(level, title, Probe(probe));
            }
        }
    }

    private static string Probe(JsonObject p)
    {
        var attributes = $"delay={p.Long("initialDelaySeconds")}s timeout={p.LongOrNull("timeoutSeconds") ?? 1}s period={p.LongOrNull("periodSeconds") ?? 10}s #success={p.LongOrNull("successThreshold") ?? 1} #failure={p.LongOrNull("failureThreshold") ?? 3}";
        if (p["exec"] is JsonObject exec)
        {
            return $"exec [{string.Join(' ', exec.Strings("command"))}] {attributes}";
        }

        if (p["httpGet"] is JsonObject http)
        {
            var path = http.Text("path");
            return $"http-get {(http.TextOrNull("scheme") ?? "HTTP").ToLowerInvariant()}://{http.Text("host")}:{http.Text("port")}{(path.StartsWith('/') ? path : "/" + path)} {attributes}";
        }

        if (p["tcpSocket"] is JsonObject tcp)
        {
            return $"tcp-socket {tcp.Text("host")}:{tcp.Text("port")} {attributes}";
        }

        return p["grpc"] is JsonObject grpc ? $"grpc <pod>:{grpc.Text("port")} {grpc.Text("service")} {attributes}" : $"unknown {attributes}";
    }

    private static void Environment(DescribeWriter w, int level, JsonObject container, JsonObject? pod)
    {
        var from = container.Objects("envFrom").ToArray();
        if (from.Length > 0)
        {
            w.Line(level, "Environment Variables from:");
            foreach (var source in from)
            {
                var (kind, node) = source["configMapRef"] is JsonObject c ? ("ConfigMap", c) : ("Secret", source.Map("secretRef"));
                var prefix = source.TextOrNull("prefix") is { } p ? $" with prefix '{p}'" : "";
                w.Line(level + 1, $"{node.Text("name")}\t{kind}{prefix}\tOptional: {(node.Bool("optional") ? "true" : "false")}");
            }
        }

        var variables = container.Objects("env").ToArray();
        w.Line(level, variables.Length == 0 ? "Environment:\t<none>" : "Environment:");
        foreach (var e in variables)
        {
            w.Line(level + 1, $"{e.Text("name")}:\t{Value(e, pod)}");
        }
    }

    private static string Value(JsonObject e, JsonObject? pod)
    {
        if (e["valueFrom"] is not JsonObject source)
        {
            return e.Text("value").Replace("\n", "\n\t", StringComparison.Ordinal);
        }

        if (source["fieldRef"] is JsonObject field)
        {
            var path = field.Text("fieldPath");
            var value = pod is null ? "" : pod.Text(path.Split('.'));
            return $"{value} ({field.TextOrNull("apiVersion") ?? "v1"}:{path})";
        }

        if (source["resourceFieldRef"] is JsonObject resource)
        {
            return $"{resource.TextOrNull("divisor") ?? ""} ({resource.Text("resource")})".TrimStart();
        }

        var (kind, node) = source["secretKeyRef"] is JsonObject s ? ("secret", s) : ("config map", source.Map("configMapKeyRef"));
        return $"<set to the key '{node.Text("key")}' {(kind == "secret" ? "in secret" : "of config map")} '{node.Text("name")}'>\tOptional: {(node.Bool("optional") ? "true" : "false")}";
    }

    private static void Mounts(DescribeWriter w, int level, JsonObject container)
    {
        var mounts = container.Objects("volumeMounts").OrderBy(m => m.Text("mountPath"), StringComparer.Ordinal).ToArray();
        w.Line(level, mounts.Length == 0 ? "Mounts:\t<none>" : "Mounts:");
        foreach (var m in mounts)
        {
            var flags = new List<string> { m.Bool("readOnly") ? "ro" : "rw" };
            if (m.TextOrNull("subPath") is { } sub)
            {
                flags.Add($"path=\"{sub}\"");
            }

            w.Line(level + 1, $"{m.Text("mountPath")} from {m.Text("name")} ({string.Join(',', flags)})");
        }
    }
}
