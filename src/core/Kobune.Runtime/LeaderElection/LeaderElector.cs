using Kobune.Api;
using Kobune.Api.Coordination.V1;
using Kobune.Client;
using Microsoft.Extensions.Logging;

namespace Kobune.Runtime;

/// <summary>
/// Lets one of several processes lead, by a Lease that the leader renews. Clocks of the candidates are never compared:
/// each measures by its own how long the Lease has not changed.
/// </summary>
public sealed partial class LeaderElector(IKubeClient client, LeaderElectionOptions options, TimeProvider time, ILogger logger)
{
    private string _observedVersion = "";
    private long _observedAt;

    public bool IsLeader { get; private set; }

    /// <summary>
    /// Waits until this candidate leads, then runs <paramref name="lead"/>, whose token is cancelled when leadership is lost;
    /// after that it stands again. Returns when cancelled, and gives the Lease up then.
    /// </summary>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (!cancellationToken.IsCancellationRequested)
        {
            if (!await TryAcquireAsync(cancellationToken))
            {
                await DelayAsync(options.RetryPeriod, cancellationToken);
                continue;
            }

            IsLeader = true;
            LogLeading(logger, options.Identity, options.LeaseName);
            using var leading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var work = lead(leading.Token);
            await RenewAsync(cancellationToken);
            IsLeader = false;
            await leading.CancelAsync();
            await work;
            LogLost(logger, options.Identity, options.LeaseName);
        }

        await ReleaseAsync();
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var renewedAt = time.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            await DelayAsync(options.RetryPeriod, cancellationToken);
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            if (await TryAcquireAsync(cancellationToken))
            {
                renewedAt = time.GetTimestamp();
            }
            else if (time.GetElapsedTime(renewedAt) >= options.RenewDeadline)
            {
                return;
            }
        }
    }

    private async Task<bool> TryAcquireAsync(CancellationToken cancellationToken)
    {
        try
        {
            var lease = await client.FindAsync<Lease>(options.LeaseNamespace, options.LeaseName, cancellationToken);
            if (lease is null)
            {
                return await CreateAsync(cancellationToken);
            }

            Observe(lease);
            var holder = lease.Spec.HolderIdentity;
            var expired = time.GetElapsedTime(_observedAt) >= options.LeaseDuration;
            if (!string.IsNullOrEmpty(holder) && holder != options.Identity && !expired)
            {
                return false;
            }

            Observe(await client.UpdateAsync(Claim(lease.Clone(), takenOver: holder != options.Identity), cancellationToken: cancellationToken));
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailure(logger, options.LeaseName, e.Message);
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<bool> CreateAsync(CancellationToken cancellationToken)
    {
        var lease = new Lease();
        lease.Metadata.Name = options.LeaseName;
        lease.Metadata.Namespace = options.LeaseNamespace;
        Observe(await client.CreateAsync(Claim(lease, takenOver: true), cancellationToken: cancellationToken));
        return true;
    }

    private Lease Claim(Lease lease, bool takenOver)
    {
        var now = time.GetUtcNow();
        var transitions = lease.Spec.LeaseTransitions ?? 0;
        if (takenOver)
        {
            lease.Spec.LeaseTransitions = lease.Spec.HolderIdentity is null ? transitions : transitions + 1;
            lease.Spec.AcquireTime = now;
        }

        lease.Spec.HolderIdentity = options.Identity;
        lease.Spec.LeaseDurationSeconds = (int)options.LeaseDuration.TotalSeconds;
        lease.Spec.RenewTime = now;
        return lease;
    }

    private async Task ReleaseAsync()
    {
        try
        {
            var lease = await client.FindAsync<Lease>(options.LeaseNamespace, options.LeaseName);
            if (lease?.Spec.HolderIdentity == options.Identity)
            {
                var released = lease.Clone();
                released.Spec.HolderIdentity = "";
                released.Spec.LeaseDurationSeconds = 1;
                released.Spec.RenewTime = time.GetUtcNow();
                await client.UpdateAsync(released);
            }
        }
        catch (Exception e)
        {
            LogFailure(logger, options.LeaseName, e.Message);
        }
    }

    private void Observe(Lease lease)
    {
        if (lease.Metadata.ResourceVersion != _observedVersion)
        {
            _observedVersion = lease.Metadata.ResourceVersion;
            _observedAt = time.GetTimestamp();
        }
    }

    private async Task DelayAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(delay, time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // the callers look at the token
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Identity} leads {Lease}")]
    private static partial void LogLeading(ILogger logger, string identity, string lease);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Identity} no longer leads {Lease}")]
    private static partial void LogLost(ILogger logger, string identity, string lease);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Lease {Lease}: {Reason}")]
    private static partial void LogFailure(ILogger logger, string lease, string reason);
}
