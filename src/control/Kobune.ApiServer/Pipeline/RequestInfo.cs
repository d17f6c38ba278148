namespace Kobune.ApiServer.Pipeline;

/// <summary>What a request's method and path mean: a verb on a resource, or a path that is no resource.</summary>
internal sealed class RequestInfo
{
    public required string Path { get; init; }
    public required string Verb { get; set; }
    public bool IsResourceRequest { get; init; }
    public string ApiGroup { get; init; } = "";
    public string ApiVersion { get; init; } = "";
    public string Namespace { get; init; } = "";
    public string Resource { get; init; } = "";
    public string Subresource { get; init; } = "";
    public string Name { get; set; } = "";
    /// <summary>What follows the subresource, without a leading slash: the path that a proxy request goes to.</summary>
    public string Tail { get; init; } = "";
    /// <summary>More segments than any resource has.</summary>
    public bool TooDeep { get; init; }

    /// <summary>
    /// Parses /api/VERSION/… and /apis/GROUP/VERSION/…; everything else is no resource.
    /// <paramref name="wantsWatch"/> is the watch parameter, <paramref name="soleName"/> the name that a field selector metadata.name=x asks for.
    /// </summary>
    public static RequestInfo Parse(string method, string path, bool wantsWatch, string? soleName)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var grouped = parts.Length > 0 && parts[0] == "apis";
        var at = grouped ? 3 : 2;
        if (parts.Length <= at - 1 || !(grouped || parts[0] == "api") || parts.Length == at)
        {
            return NoResource(method, path);
        }

        var group = grouped ? parts[1] : "";
        var version = grouped ? parts[2] : parts[1];
        var verb = VerbOf(method);
        if (parts[at] == "watch" && parts.Length > at + 1)
        {
            // The deprecated /watch/ prefix.
            at++;
            wantsWatch = true;
        }

        string ns = "", resource, name = "", subresource = "", tail = "";
        if (parts[at] == "namespaces" && parts.Length > at + 2 && parts[at + 2] is not ("status" or "finalize"))
        {
            ns = parts[at + 1];
            at += 2;
        }
        else if (parts[at] == "namespaces" && parts.Length > at + 1)
        {
            ns = parts[at + 1];
        }

        resource = parts[at];
        var rest = parts.Length - at - 1;
        if (rest > 0)
        {
            name = parts[at + 1];
        }

        if (rest > 1)
        {
            subresource = parts[at + 2];
        }

        if (subresource == "proxy")
        {
            tail = TailBehind(path, at + 3);
        }

        if (name.Length == 0)
        {
            verb = verb switch
            {
                "get" => wantsWatch ? "watch" : "list",
                "delete" => "deletecollection",
                _ => verb,
            };
        }
        else if (verb == "get" && wantsWatch && subresource.Length == 0)
        {
            verb = "watch";
        }

        if (verb is "list" or "watch" or "deletecollection" && name.Length == 0 && soleName is not null)
        {
            name = soleName;
        }

        return new RequestInfo
        {
            Path = path,
            Verb = verb,
            IsResourceRequest = true,
            ApiGroup = group,
            ApiVersion = version,
            Namespace = ns,
            Resource = resource,
            Name = name,
            Subresource = subresource,
            Tail = tail,
            TooDeep = rest > 2 && subresource != "proxy",
        };
    }

    private static RequestInfo NoResource(string method, string path) =>
        new() { Path = path, Verb = method.ToLowerInvariant() };

    private static string VerbOf(string method) => method switch
    {
        "GET" or "HEAD" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => "",
    };

    /// <summary>The path behind so many segments, its own slashes kept (a proxied path may end in one).</summary>
    private static string TailBehind(string path, int segments)
    {
        var at = 0;
        for (var i = 0; i < segments; i++)
        {
            while (at < path.Length && path[at] == '/')
            {
                at++;
            }

            while (at < path.Length && path[at] != '/')
            {
                at++;
            }
        }

        return at < path.Length ? path[(at + 1)..] : "";
    }
}
