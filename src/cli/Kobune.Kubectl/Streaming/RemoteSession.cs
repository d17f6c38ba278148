using Kobune.Client.Http;
using Kobune.Client.Streaming;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Terminal;

namespace Kobune.Kubectl.Streaming;

/// <summary>
/// Connects a console to a command in a container (exec) or to its main process (attach): over a WebSocket, or over SPDY
/// where the server does not speak that.
/// </summary>
internal static class RemoteSession
{
    /// <returns>The remote command's exit code.</returns>
    /// <exception cref="CommandException">The command could not be run.</exception>
    public static async Task<int> RunAsync(Invocation i, string path, RemoteCommandOptions options)
    {
        path = ApiPaths.WithQuery(
            path, ("stdin", options.Stdin ? "true" : null), ("stdout", options.Stdout ? "true" : null),
            ("stderr", options.Stderr ? "true" : null), ("tty", options.Tty ? "true" : null));
        await using var remote = await RemoteCommandClient.StartAsync(await ConnectAsync(i, path).ConfigureAwait(false), options, i.Cancellation).ConfigureAwait(false);
        await i.Out.FlushAsync(i.Cancellation).ConfigureAwait(false);
        using var raw = options.Tty ? i.Console.EnterRawMode() : null;
        using var resize = options.Tty ? i.Console.OnResize(size => _ = ResizeAsync(remote, size)) : null;
        if (options.Tty && i.Console.WindowSize is { } size)
        {
            await ResizeAsync(remote, size).ConfigureAwait(false);
        }

        // Never awaited to its end: reading a terminal cannot be cancelled, and the session is over when the command is.
        _ = options.Stdin ? SendInputAsync(i, remote) : Task.CompletedTask;
        await Task.WhenAll(
            CopyAsync(remote.Stdout, i.Console.OutStream, i.Cancellation),
            CopyAsync(remote.Stderr, i.Console.ErrorStream, i.Cancellation)).ConfigureAwait(false);
        return ExitCode(await remote.WaitForExitAsync(i.Cancellation).ConfigureAwait(false));
    }

    /// <summary>Runs a command with a stream as its input and another as its output; its error output goes to the console.</summary>
    public static async Task PipeAsync(Invocation i, string path, Stream? input, Stream? output)
    {
        var options = new RemoteCommandOptions(input is not null, Stdout: true, Stderr: true, Tty: false);
        path = ApiPaths.WithQuery(path, ("stdin", input is null ? null : "true"), ("stdout", "true"), ("stderr", "true"));
        await using var remote = await RemoteCommandClient.StartAsync(await ConnectAsync(i, path).ConfigureAwait(false), options, i.Cancellation).ConfigureAwait(false);
        var send = SendAsync();
        await Task.WhenAll(
            CopyAsync(remote.Stdout, output ?? Stream.Null, i.Cancellation), CopyAsync(remote.Stderr, i.Console.ErrorStream, i.Cancellation)).ConfigureAwait(false);
        ExitCode(await remote.WaitForExitAsync(i.Cancellation).ConfigureAwait(false));
        await send.ConfigureAwait(false);

        async Task SendAsync()
        {
            if (input is null)
            {
                return;
            }

            try
            {
                await CopyAsync(input, remote.Stdin, i.Cancellation).ConfigureAwait(false);
                await remote.CloseStdinAsync(i.Cancellation).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The command ended early; its exit status says why.
            }
        }
    }

    private static async Task<UpgradedConnection> ConnectAsync(Invocation i, string path)
    {
        try
        {
            return await i.Cluster.Transport.UpgradeAsync(path, UpgradeTransport.WebSocket, StreamProtocols.RemoteCommandWebSocket, i.Cancellation).ConfigureAwait(false);
        }
        catch (UpgradeRefusedException)
        {
            return await i.Cluster.Transport.UpgradeAsync(path, UpgradeTransport.Spdy, StreamProtocols.RemoteCommandSpdy, i.Cancellation).ConfigureAwait(false);
        }
    }

    private static int ExitCode(RemoteCommandStatus status)
    {
        if (status.IsSuccess)
        {
            return 0;
        }

        return status.ExitCode is { } code
            ? throw new CommandException($"command terminated with exit code {code}", code) { Verbatim = true }
            : status.Code > 0 || status.Reason.Length > 0
                ? throw new CommandException($"error: Internal error occurred: {status.Message}".Replace("Internal error occurred: Internal error occurred: ", "Internal error occurred: ", StringComparison.Ordinal)) { Verbatim = true }
                : throw new CommandException(status.Message);
    }

    private static async Task SendInputAsync(Invocation i, RemoteCommandClient remote)
    {
        try
        {
            await CopyAsync(i.Console.Input, remote.Stdin, i.Cancellation).ConfigureAwait(false);
            await remote.CloseStdinAsync(i.Cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The command has ended before its input did.
        }
    }

    private static async Task CopyAsync(Stream? from, Stream? to, CancellationToken cancellation)
    {
        if (from is null || to is null)
        {
            return;
        }

        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await from.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
            await to.FlushAsync(cancellation).ConfigureAwait(false);
        }
    }

    private static async Task ResizeAsync(RemoteCommandClient remote, (int Columns, int Rows) size)
    {
        try
        {
            await remote.ResizeAsync(new TerminalSize((ushort)size.Columns, (ushort)size.Rows)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The session ends; its size is of no interest any more.
        }
    }
}
