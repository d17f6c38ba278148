using System.Runtime.InteropServices;
using Kobune.Logging;
using Kobune.Verbs;
using Microsoft.Extensions.Logging;

namespace Kobune.Hosting;

/// <summary>Runs a component in the foreground until Ctrl-C or SIGTERM, logging to standard error.</summary>
internal static class ForegroundProcess
{
    public static async Task<int> RunAsync(VerbContext context, Func<ILoggerFactory, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        using var loggers = LoggerFactory.Create(b => b.AddProvider(new LineLoggerProvider(context.Error, context.Time, LogLevel.Information)));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            await run(loggers, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The way to stop.
        }
        return 0;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
