using System.Collections.Concurrent;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Quotas;
using Kobune.Client;

namespace Kobune.ApiServer.Admission.Plugins.Quota;

/// <summary>
/// Charges what a request uses to the quotas of its namespace, before it is stored, and refuses what does not fit. The
/// quota's status is written with its resource version, so that several servers cannot both spend the last of it; within
/// this server requests of one namespace queue up instead of fighting. A request that fails afterwards stays charged
/// until the quota controller counts again.
/// </summary>
internal sealed class ResourceQuotaPlugin(ApiServerServices services) : IAdmissionPlugin
{
    private const int Attempts = 10;
    private readonly ConcurrentDictionary<string, SemaphoreSlim> gates = new(StringComparer.Ordinal);

    public string Name => "ResourceQuota";

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation is not (AdmissionOperation.Create or AdmissionOperation.Update) || context.Namespace.Length == 0 || context.Object is not { } obj
            || !Concerns(context))
        {
            return;
        }

        if ((await services.Objects.ListAsync(ResourceQuota.Info, context.Namespace, cancellationToken: cancellationToken).ConfigureAwait(false)).Count == 0)
        {
            return;
        }

        var gate = gates.GetOrAdd(context.Namespace, _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ChargeAsync(context, obj, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    // Creations, and updates of what has a size.
    private static bool Concerns(AdmissionContext context) => context.Operation == AdmissionOperation.Create
        ? context.Subresource.Length == 0 && context.Resource.Namespaced
        : context.Is("", "services") || context.Is("", "persistentvolumeclaims") || context.Is("", "pods") || context.Is("", "pods", "resize");

    private async ValueTask ChargeAsync(AdmissionContext context, KubeObject obj, CancellationToken cancellationToken)
    {
        var paid = new HashSet<string>(StringComparer.Ordinal);
        for (var attempt = 1; ; attempt++)
        {
            var quotas = await services.Objects.ListAsync<ResourceQuota>(context.Namespace, cancellationToken, fresh: true).ConfigureAwait(false);
            var charges = quotas.Select(q => Charge(context, q, obj)).OfType<ResourceQuota>().Where(q => !paid.Contains(q.Metadata.Name)).ToList();
            if (context.DryRun)
            {
                return;
            }

            var conflict = false;
            foreach (var quota in charges)
            {
                try
                {
                    await services.Client.UpdateStatusAsync(quota, cancellationToken: cancellationToken).ConfigureAwait(false);
                    paid.Add(quota.Metadata.Name);
                }
                catch (KubeStatusException e) when (e.IsNotFound)
                {
                    paid.Add(quota.Metadata.Name);
                }
                catch (KubeStatusException e) when (e.IsConflict && attempt < Attempts)
                {
                    conflict = true;
                }
            }

            if (!conflict)
            {
                return;
            }
        }
    }

    /// <summary>The quota with the request charged to it, or null when the request does not concern it.</summary>
    /// <exception cref="KubeStatusException">403: it does not fit.</exception>
    private static ResourceQuota? Charge(AdmissionContext context, ResourceQuota quota, KubeObject obj)
    {
        var hard = quota.Status.Hard;
        if (!QuotaScopes.Match(quota.Spec, obj))
        {
            return null;
        }

        var usage = QuotaUsage.Of(context.Resource, obj);
        var limited = usage.Keys.Where(hard.ContainsKey).ToHashSet(StringComparer.Ordinal);
        if (obj is Pod pod && MissingAmounts.Problem(pod, hard.Keys) is { } missing)
        {
            throw Refusal.Forbid(context, $"failed quota: {quota.Metadata.Name}: must specify {missing}");
        }

        if (limited.Count == 0)
        {
            return null;
        }

        if (limited.Any(n => !quota.Status.Used.ContainsKey(n)))
        {
            throw Refusal.Forbid(context, $"status unknown for quota: {quota.Metadata.Name}, resources: {string.Join(",", limited.Order(StringComparer.Ordinal))}");
        }

        var delta = Delta(usage, context, quota);
        var requested = limited.Where(n => delta[n].Sign > 0).ToDictionary(n => n, n => delta[n], StringComparer.Ordinal);
        if (requested.Count == 0)
        {
            return null;
        }

        var exceeded = requested.Keys.Where(n => quota.Status.Used[n] + requested[n] > hard[n]).Order(StringComparer.Ordinal).ToList();
        if (exceeded.Count > 0)
        {
            throw Refusal.Forbid(context, $"exceeded quota: {quota.Metadata.Name}, requested: {Show(requested)}, used: {Show(quota.Status.Used)}, limited: {Show(hard)}");
        }

        var charged = quota.Clone();
        foreach (var (name, amount) in requested)
        {
            charged.Status.Used[name] = quota.Status.Used[name] + amount;
        }

        return charged;

        string Show(Dictionary<string, Quantity> amounts) => string.Join(",", exceeded.Select(n => $"{n}={amounts[n]}"));
    }

    private static Dictionary<string, Quantity> Delta(Dictionary<string, Quantity> usage, AdmissionContext context, ResourceQuota quota)
    {
        if (context is not { Operation: AdmissionOperation.Update, OldObject: { } old } || !QuotaScopes.Match(quota.Spec, old))
        {
            return usage;
        }

        var before = QuotaUsage.Of(context.Resource, old);
        return usage.ToDictionary(u => u.Key, u => u.Value - before.GetValueOrDefault(u.Key), StringComparer.Ordinal);
    }
}
