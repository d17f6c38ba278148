using Kobune.Api;
using Kobune.Api.Core.V1;
using Microsoft.AspNetCore.Http;

namespace Kobune.ApiServer.Streaming;

/// <summary>Which kubelet address each connecting subresource of a Pod stands for.</summary>
internal sealed class PodTargets(IObjectReader objects)
{
    private static readonly string[] LogParameters = ["follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream"];

    /// <summary>null for the log of a Pod that has no node yet: it is empty.</summary>
    public async ValueTask<ConnectTarget?> OfAsync(Pod pod, string subresource, IQueryCollection query, CancellationToken cancellationToken)
    {
        var name = $"{Uri.EscapeDataString(pod.Metadata.Namespace)}/{Uri.EscapeDataString(pod.Metadata.Name)}";
        switch (subresource)
        {
            case "log":
                CheckLogOptions(pod, query);
                var logged = Container(pod, query["container"], "");
                return pod.Spec.NodeName.Length == 0 ? null
                    : await KubeletAsync(pod.Spec.NodeName, $"/containerLogs/{name}/{logged}", Pass(query, LogParameters), cancellationToken).ConfigureAwait(false);
            case "exec" or "attach":
                var container = Container(pod, query["container"], subresource);
                RequireHost(pod);
                return await KubeletAsync(pod.Spec.NodeName, $"/{subresource}/{name}/{container}", Streams(query, subresource == "exec"), cancellationToken).ConfigureAwait(false);
            default:
                RequireHost(pod);
                return await KubeletAsync(pod.Spec.NodeName, $"/portForward/{name}", Pass(query, ["port", "ports"]).Replace("ports=", "port=", StringComparison.Ordinal), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A path on a node's kubelet.</summary>
    public async ValueTask<ConnectTarget> KubeletAsync(string nodeName, string path, string query, CancellationToken cancellationToken)
    {
        var node = await objects.FindAsync(ResourceInfo.Of<Node>(), null, nodeName, false, cancellationToken).ConfigureAwait(false) as Node
            ?? throw StatusErrors.NotFound(ResourceInfo.Of<Node>(), nodeName);
        var address = Address(node) ?? throw StatusErrors.InternalError($"no preferred addresses found; known addresses: []");
        var port = node.Status.DaemonEndpoints.KubeletEndpoint.Port;
        return new ConnectTarget(address, port == 0 ? 10250 : port, true, path, query, true);
    }

    private static string? Address(Node node)
    {
        foreach (var type in (string[])["InternalIP", "ExternalIP", "Hostname"])
        {
            if (node.Status.Addresses.Find(a => a.Type == type) is { } found)
            {
                return found.Address;
            }
        }

        return null;
    }

    private static void RequireHost(Pod pod)
    {
        if (pod.Spec.NodeName.Length == 0)
        {
            throw StatusErrors.BadRequest($"pod {pod.Metadata.Name} does not have a host assigned");
        }

        if (pod.Status.Phase is "Succeeded" or "Failed")
        {
            throw StatusErrors.BadRequest($"cannot exec into a container in a completed pod; current phase is {pod.Status.Phase}");
        }
    }

    private static string Container(Pod pod, string? asked, string use)
    {
        var spec = pod.Spec;
        if (string.IsNullOrEmpty(asked))
        {
            if (spec.Containers.Count == 1)
            {
                return spec.Containers[0].Name;
            }

            if (use.Length > 0 && pod.Metadata.Annotations.GetValueOrDefault("kubectl.kubernetes.io/default-container") is { } preferred && spec.Containers.Exists(c => c.Name == preferred))
            {
                return preferred;
            }

            var text = $"a container name must be specified for pod {pod.Metadata.Name}, choose one of: [{string.Join(' ', spec.Containers.Select(c => c.Name))}]";
            if (spec.InitContainers.Count > 0)
            {
                text += $" or one of the init containers: [{string.Join(' ', spec.InitContainers.Select(c => c.Name))}]";
            }

            if (spec.EphemeralContainers.Count > 0)
            {
                text += $" or one of the ephemeral containers: [{string.Join(' ', spec.EphemeralContainers.Select(c => c.Name))}]";
            }

            throw StatusErrors.BadRequest(text);
        }

        return spec.Containers.Exists(c => c.Name == asked) || spec.InitContainers.Exists(c => c.Name == asked) || spec.EphemeralContainers.Exists(c => c.Name == asked)
            ? Uri.EscapeDataString(asked)
            : throw StatusErrors.BadRequest($"container {asked} is not valid for pod {pod.Metadata.Name}");
    }

    private static void CheckLogOptions(Pod pod, IQueryCollection query)
    {
        var errors = new Validation.FieldErrorList();
        foreach (var (name, least) in ((string, long)[])[("tailLines", 0), ("limitBytes", 1), ("sinceSeconds", 1)])
        {
            if (query[name] is [{ Length: > 0 } text, ..] && (!long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) || value < least))
            {
                errors.Invalid(name, text, least == 0 ? "must be greater than or equal to 0" : "must be greater than 0");
            }
        }

        if (query.ContainsKey("sinceSeconds") && query.ContainsKey("sinceTime"))
        {
            errors.Forbidden("sinceSeconds", "at most one of `sinceTime` or `sinceSeconds` may be specified");
        }

        errors.ThrowIfAny("", "PodLogOptions", pod.Metadata.Name);
    }

    private static string Pass(IQueryCollection query, string[] names)
    {
        var parts = new List<string>();
        foreach (var name in names)
        {
            foreach (var value in query[name])
            {
                parts.Add($"{name}={Uri.EscapeDataString(value ?? "")}");
            }
        }

        return string.Join('&', parts);
    }

    /// <summary>The kubelet has names of its own for the streams.</summary>
    private static string Streams(IQueryCollection query, bool command)
    {
        var parts = new List<string>();
        foreach (var (name, kubelet) in ((string, string)[])[("stdin", "input"), ("stdout", "output"), ("stderr", "error"), ("tty", "tty")])
        {
            if (query[name] is [{ } value, ..] && value is not ("false" or "0"))
            {
                parts.Add(kubelet + "=1");
            }
        }

        if (command)
        {
            foreach (var value in query["command"])
            {
                parts.Add("command=" + Uri.EscapeDataString(value ?? ""));
            }
        }

        return string.Join('&', parts);
    }
}
