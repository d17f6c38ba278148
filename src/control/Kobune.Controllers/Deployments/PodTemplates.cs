using System.Globalization;
using System.Text;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Runtime;

namespace Kobune.Controllers.Deployments;

/// <summary>Comparing and hashing Pod templates.</summary>
internal static class PodTemplates
{
    public const string HashLabel = "pod-template-hash";

    /// <summary>The same but for the label that the controller itself put there.</summary>
    public static bool EqualIgnoringHash(PodTemplateSpec a, PodTemplateSpec b) =>
        Bytes(a).AsSpan().SequenceEqual(Bytes(b));

    /// <summary>The hash for names and labels; the collision count makes another one when two templates hash alike.</summary>
    public static string Hash(PodTemplateSpec template, int? collisions)
    {
        var hash = StableHash.Fnv32(Bytes(template));
        if (collisions is { } count)
        {
            hash = StableHash.Fnv32(Encoding.ASCII.GetBytes(count.ToString(CultureInfo.InvariantCulture)), hash);
        }

        return StableHash.ToName(hash);
    }

    private static byte[] Bytes(PodTemplateSpec template)
    {
        if (template.Metadata.Labels.ContainsKey(HashLabel))
        {
            template = template.Clone();
            template.Metadata.Labels.Remove(HashLabel);
        }

        return KubeJson.Write(template);
    }
}
