using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Kobune.Cri.Containerd;

/// <summary>Major and minor version, which decide the dialect of config.toml.</summary>
public readonly partial record struct ContainerdVersion(int Major, int Minor)
{
    internal bool AtLeast(int major, int minor) => Major > major || (Major == major && Minor >= minor);

    public override string ToString() => $"{Major}.{Minor}";

    /// <param name="output">What <c>containerd --version</c> prints: name, package, version, revision.</param>
    /// <exception cref="FormatException">No version in it.</exception>
    internal static ContainerdVersion Parse(string output)
    {
        // Distributions append to the version ("1.6.20~ds1"), releases prefix it ("v2.0.1").
        Match match = VersionPattern().Match(output);
        if (!match.Success)
            throw new FormatException($"no version in the output of containerd --version: '{output.Trim()}'");
        return new ContainerdVersion(
            int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture),
            int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    internal static async Task<ContainerdVersion> DetectAsync(string binary, CancellationToken cancellation)
    {
        using Process process = Process.Start(new ProcessStartInfo(binary, ["--version"]) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(cancellation).ConfigureAwait(false);
        await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        return Parse(output);
    }

    [GeneratedRegex(@"\sv?(\d+)\.(\d+)\.\d+")]
    private static partial Regex VersionPattern();
}
