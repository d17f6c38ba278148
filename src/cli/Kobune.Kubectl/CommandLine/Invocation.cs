using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.Terminal;

namespace Kobune.Kubectl.CommandLine;

/// <summary>One run of one verb: what was typed, and the world that it acts on.</summary>
internal sealed class Invocation(
    Command command, Command root, ParsedLine line, IKubectlConsole console, TimeProvider time, CancellationToken cancellation) : IDisposable
{
    private ClusterSession? _cluster;

    public Command Command => command;

    public Command Root => root;

    public FlagValues Flags => line.Flags;

    public IReadOnlyList<string> Arguments => line.Arguments;

    /// <summary>How many arguments stood before "--", -1 without one.</summary>
    public int ArgumentsBeforeDash => line.ArgumentsBeforeDash;

    public IKubectlConsole Console => console;

    public TextWriter Out => console.Out;

    public TextWriter Error => console.Error;

    public TimeProvider Time => time;

    public CancellationToken Cancellation => cancellation;

    /// <summary>The cluster that the flags and the kubeconfig name; connected on first use.</summary>
    public ClusterSession Cluster => _cluster ??= ClusterSession.Open(this);

    public string Namespace => Cluster.Namespace;

    public bool AllNamespaces => Flags.Has("all-namespaces") && Flags.Bool("all-namespaces");

    public void Dispose() => _cluster?.Dispose();
}
