using System.CommandLine;
using Kobune;
using Kobune.Kubectl;
using Kobune.Kubectl.Terminal;
using Kobune.Verbs;

// The cluster's own verbs are few; everything else is kubectl's. That decision is made before anything is loaded, so that
// «kobune get pods» starts as fast as it can.
string[] own = ["up", "status", "stop", "down", "node", "image", "ssh", "service", "tunnel", "addons", "daemon", "server", "agent", "--help", "-h", "-?", "help", "--version"];
var called = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
if (called == "kubectl" || args is ["kubectl", ..])
{
    return await KubectlMain.RunAsync(args is ["kubectl", ..] ? args[1..] : args, new SystemConsole(), "kubectl");
}
if (args.Length > 0 && !own.Contains(args[0]) && !(args[0] == "logs" && LogsVerb.IsMeant(args.AsSpan(1))))
{
    return await KubectlMain.RunAsync(args, new SystemConsole(), "kobune");
}
try
{
    return await RootVerb.Create(new VerbContext()).Parse(args is ["help", ..] ? ["--help"] : args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is UserErrorException or Kobune.Cri.Containerd.ContainerdException)
{
    await Console.Error.WriteLineAsync($"error: {e.Message}");
    return 1;
}
