using Kobune.Cri.Grpc;
using Kobune.Cri.V1;

namespace Kobune.Cri.Events;

/// <summary>
/// containerd tells us of an exit at the same moment as it tells its own CRI plug-in, which then takes some milliseconds
/// to clean up and only afterwards says "exited". A kubelet that asks in between would see a running container and, with
/// nothing left to wake it, believe it.
/// </summary>
internal sealed class ExitSettling(ICriRuntime cri, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Returns when the runtime shows the container (or sandbox) as exited, or after five seconds.</summary>
    internal async Task WaitAsync(string id, CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        TimeSpan pause = TimeSpan.FromMilliseconds(1);
        while (time.GetElapsedTime(began) < Limit && await RunsAsync(id, cancellation).ConfigureAwait(false))
        {
            await Task.Delay(pause, time, cancellation).ConfigureAwait(false);
            pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
        }
    }

    private async Task<bool> RunsAsync(string id, CancellationToken cancellation)
    {
        try
        {
            // "Created" too: one that ends at once may do so before the plug-in has noted that it was started.
            return (await cri.ContainerStatusAsync(id, verbose: false, cancellation).ConfigureAwait(false)).Status.State
                is ContainerState.ContainerRunning or ContainerState.ContainerCreated;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return await SandboxRunsAsync(id, cancellation).ConfigureAwait(false);
        }
        catch (RpcException)
        {
            return false;
        }
    }

    private async Task<bool> SandboxRunsAsync(string id, CancellationToken cancellation)
    {
        try
        {
            return (await cri.PodSandboxStatusAsync(id, verbose: false, cancellation).ConfigureAwait(false)).Status.State == PodSandboxState.SandboxReady;
        }
        catch (RpcException)
        {
            return false;
        }
    }
}
