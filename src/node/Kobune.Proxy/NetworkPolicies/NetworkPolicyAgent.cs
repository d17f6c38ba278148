using Kobune.Api.Core.V1;
using Kobune.Api.Networking.V1;
using Kobune.Client;
using Kobune.Proxy.Tools;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Proxy.NetworkPolicies;

/// <summary>
/// Enforces NetworkPolicies for the Pods of one node. It follows Pods and Namespaces of the whole cluster, but only once there
/// is a policy: most clusters have none, and pay nothing.
/// </summary>
/// <param name="networkNamespace">A name below /run/netns; null: the process's own.</param>
public sealed partial class NetworkPolicyAgent(string nodeName, IKubeClient client, TimeProvider time, ILoggerFactory loggers, string? networkNamespace = null)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = loggers.CreateLogger<NetworkPolicyAgent>();
    private readonly InformerFactory _informers = new(client, time, loggers);
    private readonly PolicyRules _rules = new(new NetworkTool(networkNamespace));
    private readonly PendingKeys _pending = new();

    /// <summary>Runs until cancelled. The rules stay when it ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var policies = _informers.Get<NetworkPolicy>();
        policies.AddHandler(_ => _pending.AddAll());
        _informers.Start(cancellationToken);
        try
        {
            await policies.Synced.WaitAsync(cancellationToken);
            if (policies.List().Count == 0)
            {
                // What an earlier run of ours left must not go on alone.
                await _rules.RemoveAsync(cancellationToken);
                await WaitForPolicyAsync(policies, cancellationToken);
            }
            await EnforceAsync(policies, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // stopping
        }
        await _informers.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WaitForPolicyAsync(Informer<NetworkPolicy> policies, CancellationToken cancellationToken)
    {
        while (policies.List().Count == 0)
        {
            await _pending.WaitAsync(cancellationToken);
        }
    }

    private async Task EnforceAsync(Informer<NetworkPolicy> policies, CancellationToken cancellationToken)
    {
        var pods = _informers.Get<Pod>();
        var namespaces = _informers.Get<Namespace>();
        pods.AddHandler(change =>
        {
            if (change.Type != InformerEventType.Updated || !PolicyPod.Same(PolicyPod.Of(change.Old!), PolicyPod.Of(change.Object)))
            {
                _pending.AddAll();
            }
        });
        namespaces.AddHandler(_ => _pending.AddAll());
        await _informers.WaitForSyncAsync(cancellationToken);
        while (true)
        {
            _pending.Take();
            var labels = namespaces.List().ToDictionary(n => n.Name, n => (IReadOnlyDictionary<string, string>)n.Metadata.Labels);
            await ApplyAsync(new PolicyInput(nodeName, policies.List(), [.. pods.List().Select(PolicyPod.Of).OfType<PolicyPod>()], labels), cancellationToken);
            await _pending.WaitAsync(cancellationToken);
        }
    }

    private async Task ApplyAsync(PolicyInput input, CancellationToken cancellationToken)
    {
        try
        {
            await _rules.ApplyAsync(input, cancellationToken);
        }
        catch (NetworkToolException e)
        {
            LogFailure(_logger, e.Message);
            _pending.AddAll();
            await Task.Delay(RetryAfter, time, cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The rules of NetworkPolicies could not be written, trying again: {Reason}")]
    private static partial void LogFailure(ILogger logger, string reason);
}
