using System.Text;

namespace Kobune.Kubelet.Pods.Decision;

/// <summary>FNV-1a, for short stable names of files and specifications; not for security.</summary>
internal static class Fnv
{
    public static uint Hash32(string text)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ b) * 16777619u;
        }

        return hash;
    }
}
