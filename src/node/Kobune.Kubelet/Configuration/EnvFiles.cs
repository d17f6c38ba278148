using System.Text;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Native;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Volumes;

namespace Kobune.Kubelet.Configuration;

/// <summary>
/// Variables from files that an init container wrote into an emptyDir (fileKeyRef). The files are foreign: they are opened
/// without leaving the volume, and bounded. Lines are NAME='value' (the quotes may be left out or be double), or comments.
/// </summary>
internal sealed class EnvFiles(VolumeManager volumes)
{
    private const int MaxFile = 64 << 10;
    private const int MaxName = 128;
    private const int MaxValue = 32 << 10;

    /// <summary>The value; null when it is optional and missing.</summary>
    /// <exception cref="ConfigurationException">Missing and not optional, or malformed.</exception>
    public string? Read(PodView pod, FileKeySelector from)
    {
        var volume = volumes.Find(pod.Uid, from.VolumeName) ?? throw new ConfigurationException($"cannot find the volume \"{from.VolumeName}\" referenced by FileKeyRef");
        var text = Open(volume.Path, from.Path);
        if (text is null)
        {
            return from.Optional == true ? null : throw new ConfigurationException($"file \"{from.Path}\" of volume \"{from.VolumeName}\" not found");
        }

        var values = Parse(text, from.Path);
        return values.TryGetValue(from.Key, out var value) ? value
            : from.Optional == true ? null : throw new ConfigurationException($"environment variable key \"{from.Key}\" not found in file \"{from.Path}\"");
    }

    internal static Dictionary<string, string> Parse(string text, string path)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in text.Split('\n').Select(l => l.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals is <= 0 or > MaxName || line.Length - equals > MaxValue)
            {
                throw new ConfigurationException($"invalid environment variable format at line {number} of file \"{path}\"");
            }

            var value = line[(equals + 1)..].Trim();
            result[line[..equals].Trim()] = value.Length >= 2 && value[0] is '\'' or '"' && value[^1] == value[0] ? value[1..^1] : value;
        }

        return result;
    }

    private static string? Open(string volume, string path)
    {
        var directory = Libc.openat(Libc.AtCurrentDirectory, volume, Libc.PathOnly | Libc.CloseOnExec | Libc.DirectoryOnly, 0);
        var fd = directory < 0 ? directory : Libc.OpenBeneath(directory, path);
        try
        {
            if (fd < 0 || FileStat.OfDescriptor(fd).Kind != FileKind.File)
            {
                return null;
            }

            using var file = File.OpenRead($"/proc/self/fd/{fd.ToString(null, null)}");
            return file.Length > MaxFile
                ? throw new ConfigurationException($"environment file \"{path}\" is larger than {MaxFile} bytes")
                : new StreamReader(file, Encoding.UTF8).ReadToEnd();
        }
        finally
        {
            _ = directory < 0 ? 0 : Libc.close(directory);
            _ = fd < 0 ? 0 : Libc.close(fd);
        }
    }
}
