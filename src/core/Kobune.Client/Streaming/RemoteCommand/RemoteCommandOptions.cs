namespace Kobune.Client.Streaming;

/// <summary>Which streams an exec or attach has. A terminal carries stderr in stdout, so <see cref="Stderr"/> is off with it.</summary>
public sealed record RemoteCommandOptions(bool Stdin, bool Stdout, bool Stderr, bool Tty)
{
    /// <summary>How long a server waits for the client to open its SPDY streams.</summary>
    public TimeSpan StreamCreationTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long either end waits for the other to close once the exit status is through.</summary>
    public TimeSpan CloseGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// From a query: the API server's names (stdin, stdout, stderr, tty = true) or the kubelet's (input, output, error, tty = 1).
    /// Null when no stream is asked for, which is a bad request.
    /// </summary>
    public static RemoteCommandOptions? FromQuery(Func<string, string?> query)
    {
        var tty = Is("tty");
        var options = new RemoteCommandOptions(Is("stdin") || Is("input"), Is("stdout") || Is("output"), !tty && (Is("stderr") || Is("error")), tty);
        return options.Stdin || options.Stdout || options.Stderr ? options : null;

        bool Is(string name) => query(name) is "1" or "t" or "T" or "true" or "True" or "TRUE";
    }
}
