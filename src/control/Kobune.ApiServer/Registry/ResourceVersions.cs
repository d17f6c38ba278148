using System.Globalization;
using Kobune.Api;

namespace Kobune.ApiServer.Registry;

/// <summary>Resource versions are the store's revisions in decimal.</summary>
internal static class ResourceVersions
{
    /// <exception cref="KubeStatusException">400</exception>
    public static long Parse(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw StatusErrors.BadRequest($"resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax");

    public static string Format(long revision) => revision.ToString(CultureInfo.InvariantCulture);
}
