using System.Text;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Configuration;

/// <summary>The downward API: fields of the Pod by path.</summary>
internal static class FieldPaths
{
    /// <exception cref="ConfigurationException">The path is not one that the downward API offers.</exception>
    public static string Read(Pod pod, string path, NodeFacts node, IReadOnlyList<string> podAddresses)
    {
        if (Subscript(path, "metadata.labels") is { } label)
        {
            return pod.Metadata.Labels.GetValueOrDefault(label, "");
        }

        if (Subscript(path, "metadata.annotations") is { } annotation)
        {
            return pod.Metadata.Annotations.GetValueOrDefault(annotation, "");
        }

        return path switch
        {
            "metadata.name" => pod.Metadata.Name,
            "metadata.namespace" => pod.Metadata.Namespace,
            "metadata.uid" => pod.Metadata.Uid,
            "metadata.labels" => Format(pod.Metadata.Labels),
            "metadata.annotations" => Format(pod.Metadata.Annotations),
            "spec.nodeName" => pod.Spec.NodeName,
            "spec.serviceAccountName" => pod.Spec.ServiceAccountName,
            "spec.restartPolicy" => pod.Spec.RestartPolicy,
            "status.hostIP" => node.Addresses.Count > 0 ? node.Addresses[0] : "",
            "status.hostIPs" => string.Join(',', node.Addresses),
            "status.podIP" => podAddresses.Count > 0 ? podAddresses[0] : "",
            "status.podIPs" => string.Join(',', podAddresses),
            _ => throw new ConfigurationException($"unsupported fieldPath: {path}"),
        };
    }

    /// <summary>key="value" lines in key order, as files of the downward API show maps.</summary>
    private static string Format(Dictionary<string, string> map)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (text.Length > 0)
            {
                text.Append('\n');
            }

            text.Append(key).Append("=\"");
            foreach (var c in value)
            {
                text.Append(c switch { '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", '\t' => "\\t", '\r' => "\\r", _ => c.ToString() });
            }

            text.Append('"');
        }

        return text.ToString();
    }

    private static string? Subscript(string path, string prefix) =>
        path.StartsWith(prefix + "['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal)
            ? path[(prefix.Length + 2)..^2]
            : null;
}
