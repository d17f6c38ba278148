using System.Text;

namespace Kobune.Client.Http;

/// <summary>Builds request paths: /api/v1/… for the core group, /apis/GROUP/VERSION/… for the others.</summary>
public static class ApiPaths
{
    /// <param name="ns">null for cluster-scoped resources and for all namespaces.</param>
    public static string Resource(string group, string version, string plural, string? ns, string? name = null, string? subresource = null)
    {
        var path = new StringBuilder(group.Length == 0 ? "/api/" : "/apis/" + group + "/").Append(version);
        if (!string.IsNullOrEmpty(ns))
        {
            path.Append("/namespaces/").Append(Uri.EscapeDataString(ns));
        }

        path.Append('/').Append(plural);
        if (!string.IsNullOrEmpty(name))
        {
            path.Append('/').Append(Uri.EscapeDataString(name));
        }

        if (!string.IsNullOrEmpty(subresource))
        {
            path.Append('/').Append(subresource);
        }

        return path.ToString();
    }

    /// <summary>Appends the parameters that have a value.</summary>
    public static string WithQuery(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var full = new StringBuilder(path);
        var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        foreach (var (name, value) in parameters)
        {
            if (value is null)
            {
                continue;
            }

            full.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }

        return full.ToString();
    }
}
