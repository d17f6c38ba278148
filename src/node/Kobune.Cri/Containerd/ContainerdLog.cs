using Microsoft.Extensions.Logging;

namespace Kobune.Cri.Containerd;

internal static partial class ContainerdLog
{
    [LoggerMessage(1, LogLevel.Information, "containerd {Version} started as pid {Pid} in {Milliseconds:F0} ms")]
    internal static partial void Started(this ILogger logger, ContainerdVersion version, int pid, double milliseconds);

    [LoggerMessage(2, LogLevel.Information, "adopted the containerd that already runs as pid {Pid}")]
    internal static partial void Adopted(this ILogger logger, int pid);

    [LoggerMessage(3, LogLevel.Information, "containerd's configuration changed: restarting pid {Pid}, containers stay")]
    internal static partial void Restarting(this ILogger logger, int pid);

    [LoggerMessage(4, LogLevel.Warning, "containerd (pid {Pid}) did not stop in time: killed")]
    internal static partial void Killed(this ILogger logger, int pid);

    [LoggerMessage(5, LogLevel.Warning, "sandbox {Id} could not be removed: {Reason}")]
    internal static partial void SandboxStays(this ILogger logger, string id, string reason);

    [LoggerMessage(6, LogLevel.Warning, "killing the left-over shim {Pid}")]
    internal static partial void KillingShim(this ILogger logger, int pid);

    [LoggerMessage(7, LogLevel.Warning, "containerd's event stream ended ({Reason}); subscribing again in {Delay}")]
    internal static partial void EventsInterrupted(this ILogger logger, string reason, TimeSpan delay);
}
