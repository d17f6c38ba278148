using System.Text.RegularExpressions;

namespace Kobune.Kubelet.Images;

/// <summary>Image references: whether one is well formed, and which tag it means when it names none.</summary>
internal static partial class ImageName
{
    /// <returns>The name with ":latest" added where neither tag nor digest stands, or what is wrong with it.</returns>
    public static (string WithTag, string? Error) Parse(string image)
    {
        var match = Reference().Match(image);
        if (!match.Success)
        {
            var lower = image.ToLowerInvariant();
            return Reference().IsMatch(lower)
                ? ("", $"couldn't parse image name \"{image}\": invalid reference format: repository name ({Repository(image)}) must be lowercase")
                : ("", $"couldn't parse image name \"{image}\": invalid reference format");
        }

        return (match.Groups["tag"].Success || match.Groups["digest"].Success ? image : image + ":latest", null);
    }

    public static string DefaultPolicy(string image) =>
        Reference().Match(image) is { Success: true } match && (match.Groups["digest"].Success || match.Groups["tag"] is { Success: true, Value: not "latest" })
            ? "IfNotPresent"
            : "Always";

    /// <summary>The registry that a name points at; Docker Hub when it names none.</summary>
    public static string Registry(string image)
    {
        var slash = image.IndexOf('/');
        var first = slash < 0 ? "" : image[..slash];
        return first.Contains('.') || first.Contains(':') || first == "localhost" ? first : "docker.io";
    }

    /// <summary>Registry and repository, without tag and digest.</summary>
    public static string RegistryAndPath(string image)
    {
        var name = image.Split('@')[0];
        var tag = name.LastIndexOf(':');
        if (tag > name.LastIndexOf('/'))
        {
            name = name[..tag];
        }

        return Registry(image) == "docker.io" && !name.StartsWith("docker.io/", StringComparison.Ordinal)
            ? name.Contains('/') ? "docker.io/" + name : "docker.io/library/" + name
            : name;
    }

    private static string Repository(string image)
    {
        var name = image.Split('@')[0].Split(':')[0];
        return name.Contains('/') ? name : "library/" + name;
    }

    [GeneratedRegex(@"^(?<name>(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
