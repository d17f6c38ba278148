namespace Kobune.Client.Streaming;

/// <summary>Joins a client's exec or attach to another one: how the kubelet puts a client through to the container runtime.</summary>
public static class RemoteCommandBridge
{
    /// <summary>
    /// Runs until the command's status has been passed on, or either side is gone. Disposes both.
    /// A runtime that breaks off is reported to the client as an internal error.
    /// </summary>
    public static async Task RunAsync(RemoteCommandStreams client, RemoteCommandClient runtime, CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, client.Disconnected);
        var input = Task.WhenAll(PumpStdinAsync(client, runtime, stop.Token), PumpSizesAsync(client, runtime, stop.Token));
        try
        {
            var status = await OutputAsync(client, runtime, stop.Token);
            await client.WriteExitStatusAsync(status, cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException && !cancellationToken.IsCancellationRequested)
        {
            // The client is gone; the command learns it by the end of its connection.
        }
        finally
        {
            await stop.CancelAsync();
            await runtime.DisposeAsync();
            await client.DisposeAsync();
            await input;
        }
    }

    private static async Task<RemoteCommandStatus> OutputAsync(RemoteCommandStreams client, RemoteCommandClient runtime, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(
                CopyAsync(runtime.Stdout, client.Stdout, cancellationToken),
                CopyAsync(runtime.Stderr, client.Stderr, cancellationToken));
            return await runtime.WaitForExitAsync(cancellationToken);
        }
        catch (IOException e) when (!client.Disconnected.IsCancellationRequested)
        {
            return RemoteCommandStatus.Failed("error executing command in container: " + e.Message);
        }
    }

    private static Task CopyAsync(Stream? from, Stream? to, CancellationToken cancellationToken) =>
        from is null || to is null ? Task.CompletedTask : from.CopyToAsync(to, 32 * 1024, cancellationToken);

    private static async Task PumpStdinAsync(RemoteCommandStreams client, RemoteCommandClient runtime, CancellationToken stop)
    {
        if (client.Stdin is null || runtime.Stdin is null)
        {
            return;
        }

        try
        {
            await client.Stdin.CopyToAsync(runtime.Stdin, 32 * 1024, stop);
            await runtime.CloseStdinAsync(stop);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The command reads no more, or the client is gone: the output side decides how it ends.
        }
    }

    private static async Task PumpSizesAsync(RemoteCommandStreams client, RemoteCommandClient runtime, CancellationToken stop)
    {
        if (client.Resize is null)
        {
            return;
        }

        try
        {
            await foreach (var size in client.Resize.WithCancellation(stop))
            {
                await runtime.ResizeAsync(size, stop);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // As for stdin.
        }
    }
}
