using System.CommandLine;
using System.Runtime.InteropServices;
using Kobune.Cluster;
using Kobune.Hosting;
using Kobune.Logging;
using Microsoft.Extensions.Logging;

namespace Kobune.Verbs;

/// <summary><c>kobune daemon</c>: the cluster's process itself. People use <c>up</c>, which starts it where it belongs.</summary>
internal static class DaemonVerb
{
    public static Command Create(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var foreground = new Option<bool>("--foreground") { Description = "Log to the terminal." };
        var command = new Command("daemon", "The cluster's process; started by «up».") { name, foreground };
        command.Hidden = true;
        command.SetAction((result, _) => RunAsync(context, new ClusterPaths(result.GetValue(name)!), result.GetValue(foreground)));
        return command;
    }

    private static async Task<int> RunAsync(VerbContext context, ClusterPaths paths, bool foreground)
    {
        var config = ClusterConfig.Load(paths) ?? throw new UserErrorException($"there is no cluster \"{paths.Name}\"");
        Directory.CreateDirectory(Path.GetDirectoryName(paths.DaemonLog)!);
        Directory.CreateDirectory(paths.Run);
        using var held = FileLock.TryTake(paths.ProcessLock) ?? throw new UserErrorException($"cluster \"{paths.Name}\" is running already");
        await File.WriteAllTextAsync(paths.PidFile, Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));

        await using var log = foreground ? Console.Error : new StreamWriter(paths.DaemonLog, append: true);
        using var loggers = LoggerFactory.Create(b => b.AddProvider(new LineLoggerProvider(log, context.Time, LogLevel.Information)));
        var report = new StartupReport(foreground ? TextWriter.Null : Console.Out, context.Time);
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            await using var host = new ClusterHost(paths, config, context.Time, loggers);
            var started = false;
            using var addons = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                if (Volatile.Read(ref started))
                {
                    _ = host.Addons.ApplyAsync(stop.Token);
                }
            });
            await host.StartAsync(report, stop.Token);
            Volatile.Write(ref started, true);
            await host.Addons.ApplyAsync(stop.Token); // what was asked for meanwhile
            report.Ready();
            await host.RunAsync(stop.Token);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception e)
        {
            loggers.CreateLogger("Kobune").LogCritical(e, "Kobune cannot go on");
            report.Failed(e.Message);
            return 1;
        }
        finally
        {
            File.Delete(paths.PidFile);
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
