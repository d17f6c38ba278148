using System.Diagnostics;

namespace Kobune.Cri.Containerd;

/// <summary>The command line of the daemon, detached from ours: own session, output in a file, so that it outlives us.</summary>
internal static class ContainerdCommand
{
    // Only redirections are left to the shell; paths reach it as arguments and are never parsed.
    private const string Redirect = "exec \"$@\" </dev/null >>\"$0\" 2>&1";

    /// <summary>What the daemon was started with beside its configuration: goes into that file, so that a change is noticed.</summary>
    internal static string Describe(ContainerdOptions options) => string.Join(
        ' ', Build(options).Environment.Where(e => e.Key == "GOGC" || options.Environment.ContainsKey(e.Key)).Select(e => $"{e.Key}={e.Value}")
            .Append(options.ContainerdBinary).Append($"netns={options.NetworkNamespace ?? "host"}"));

    internal static ProcessStartInfo Build(ContainerdOptions options)
    {
        List<string> arguments = ["-c", Redirect, options.LogFile];
        // nsenter rather than "ip netns exec": that one makes a mount namespace too, in which the mounts of the
        // shims would be out of sight for the kubelet.
        if (options.NetworkNamespace is { } name)
            arguments.AddRange(["nsenter", "--net=/run/netns/" + name, "--"]);
        arguments.AddRange(["setsid", options.ContainerdBinary, "--config", options.ConfigFile]);

        var start = new ProcessStartInfo("/bin/sh", arguments) { WorkingDirectory = "/" };
        // A private containerd idles with a few megabytes of live heap: collecting sooner is cheap and keeps it small.
        // Shims inherit this.
        start.Environment["GOGC"] = "50";
        foreach (var (key, value) in options.Environment)
            start.Environment[key] = value;
        return start;
    }
}
