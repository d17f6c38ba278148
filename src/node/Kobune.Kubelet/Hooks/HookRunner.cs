using Kobune.Api.Core.V1;
using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Probes;

namespace Kobune.Kubelet.Hooks;

/// <summary>postStart and preStop: exec, httpGet or sleep.</summary>
internal sealed class HookRunner(ICriRuntime runtime, HttpProber http, TimeProvider time)
{
    /// <returns>What went wrong, or null.</returns>
    public async Task<string?> RunAsync(
        LifecycleHandler handler, ContainerSpec container, string containerId, IReadOnlyList<string> addresses, CancellationToken cancellation)
    {
        if (handler.Exec is { } exec)
        {
            return await ExecAsync(exec, containerId, cancellation);
        }

        if (handler.HttpGet is { } get)
        {
            var outcome = await http.GetAsync(get, container, addresses, TimeSpan.FromSeconds(30), cancellation);
            return outcome.Ok ? null : outcome.Output;
        }

        if (handler.Sleep is { } sleep)
        {
            await Task.Delay(TimeSpan.FromSeconds(sleep.Seconds), time, cancellation);
        }

        return null;
    }

    private async Task<string?> ExecAsync(ExecAction exec, string containerId, CancellationToken cancellation)
    {
        try
        {
            var answer = await runtime.ExecSyncAsync(containerId, exec.Command, TimeSpan.Zero, cancellation);
            return answer.ExitCode == 0
                ? null
                : $"command '{string.Join(' ', exec.Command)}' exited with {answer.ExitCode}: {answer.Stderr.ToStringUtf8()}, message: \"{answer.Stdout.ToStringUtf8()}\"";
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            return e.Describe();
        }
        catch (RpcException)
        {
            throw new OperationCanceledException(cancellation);
        }
    }
}
