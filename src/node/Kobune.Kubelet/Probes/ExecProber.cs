using Kobune.Api.Core.V1;
using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Formats;

namespace Kobune.Kubelet.Probes;

/// <summary>exec: success is exit code 0.</summary>
internal sealed class ExecProber(ICriRuntime runtime)
{
    private const int MaxOutput = 10 * 1024;

    public async Task<ProbeOutcome> RunAsync(ExecAction action, string containerId, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            var answer = await runtime.ExecSyncAsync(containerId, action.Command, timeout, cancellation);
            var output = answer.Stdout.ToStringUtf8() + answer.Stderr.ToStringUtf8();
            return new ProbeOutcome(answer.ExitCode == 0, output.Length > MaxOutput ? output[..MaxOutput] : output);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.DeadlineExceeded)
        {
            return new ProbeOutcome(false, $"command timed out: \"{string.Join(' ', action.Command)}\" timed out after {GoTime.Duration(timeout)}");
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            return new ProbeOutcome(false, e.Describe());
        }
    }
}
