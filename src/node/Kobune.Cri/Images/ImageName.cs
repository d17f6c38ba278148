namespace Kobune.Cri.Images;

/// <summary>Complete image names, as the distribution reference grammar and containerd's "familiar names" define them.</summary>
public static class ImageName
{
    /// <summary>
    /// Adds what is implied: the registry docker.io, its folder library/, the tag latest.
    /// "busybox" → "docker.io/library/busybox:latest"; names with a digest get no tag.
    /// </summary>
    public static string Normalize(string name)
    {
        string full = WithRegistry(name);
        int lastSlash = full.LastIndexOf('/');
        bool tagged = full.IndexOf(':', lastSlash) > 0;
        return tagged || full.Contains('@') ? full : full + ":latest";
    }

    /// <summary>The registry's host, with its port if it has one.</summary>
    public static string Registry(string name)
    {
        string full = WithRegistry(name);
        return full[..full.IndexOf('/')];
    }

    private static string WithRegistry(string name)
    {
        int slash = name.IndexOf('/');
        string first = slash < 0 ? "" : name[..slash];
        // Only a first part that looks like a host is one.
        if (first.Contains('.') || first.Contains(':') || first == "localhost" || first.Any(char.IsAsciiLetterUpper))
            return first == "index.docker.io" ? WithRegistry(name[(slash + 1)..])
                : first == "docker.io" && !name[(slash + 1)..].Contains('/') ? "docker.io/library/" + name[(slash + 1)..]
                : name;
        return slash < 0 ? "docker.io/library/" + name : "docker.io/" + name;
    }
}
