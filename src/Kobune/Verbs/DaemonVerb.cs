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
        var node = new Option<string?>("--node") { Description = "Run this node alone; the control plane runs with the first one." };
        var command = new Command("daemon", "The process of a node; started by «up».") { name, node, foreground };
        command.Hidden = true;
        command.SetAction((result, _) => RunAsync(context, new ClusterPaths(result.GetValue(name)!), result.GetValue(node), result.GetValue(foreground)));
        return command;
    }

    private static async Task<int> RunAsync(VerbContext context, ClusterPaths cluster, string? nodeName, bool foreground)
    {
        var config = ClusterConfig.Load(cluster) ?? throw new UserErrorException($"there is no cluster \"{cluster.Name}\"");
        var node = config.NodeNamed(nodeName ?? config.NodeName);
        var paths = cluster.Node(node);
        Directory.CreateDirectory(Path.GetDirectoryName(paths.Log)!);
        Directory.CreateDirectory(paths.Run);
        using var held = FileLock.TryTake(paths.ProcessLock) ?? throw new UserErrorException($"node {node.Name} of cluster \"{cluster.Name}\" is running already");
        await File.WriteAllTextAsync(paths.PidFile, Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));

        await using var log = foreground ? Console.Error : new StreamWriter(paths.Log, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite });
        using var loggers = LoggerFactory.Create(b => b.AddProvider(new LineLoggerProvider(log, context.Time, LogLevel.Information)));
        var report = new StartupReport(foreground ? TextWriter.Null : Console.Out, context.Time);
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            if (node.Number == 1)
            {
                await using var host = new ClusterHost(cluster, config, context.Time, loggers);
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
            }
            else
            {
                await using var joined = LocalNode.Create(cluster, config, node, context.Time, loggers);
                await joined.StartAsync(report, stop.Token);
                report.Ready();
                await joined.RunAsync(stop.Token);
            }
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
