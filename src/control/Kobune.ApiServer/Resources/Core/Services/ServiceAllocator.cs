using System.Net;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Networking.V1;
using Kobune.ApiServer.Admission.Plugins;
using Kobune.ApiServer.Bootstrap;
using Kobune.ApiServer.Validation;
using Kobune.Client;
using IPAddress = System.Net.IPAddress;

namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>
/// Gives Services addresses and node ports. What is taken is read from the Services themselves, so nothing can leak; what
/// was given away and is not stored yet is remembered here until the cache shows it or the write failed. An address is taken
/// for good by creating its IPAddress object, which is also how addresses that are no Service's are kept free of Services.
/// </summary>
internal sealed class ServiceAllocator(ApiServerServices services) : IDisposable
{
    private readonly ApiServerServices services = services;
    private const int Attempts = 8;
    private readonly AddressPool ownRange = new(services.Options.ServiceNetwork);
    private readonly (int First, int Size) ports = (services.Options.NodePorts.First, services.Options.NodePorts.Last - services.Options.NodePorts.First + 1);
    // One at a time from the reading of the Services to the reservation: with a list read before another's reservation
    // became a stored Service, and looked at after that reservation was dropped, a value would be given away twice.
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly Dictionary<string, string> reserved = new(StringComparer.Ordinal);
    private readonly Lock sync = new();

    /// <exception cref="KubeStatusException">422: what was asked for is taken or outside; 500: nothing is left.</exception>
    public async ValueTask<IAsyncDisposable?> AllocateAsync(Service service, bool dryRun, CancellationToken cancellationToken)
    {
        if (!service.NeedsClusterIP())
        {
            return null;
        }

        var asked = service.Spec.ClusterIPs.Count > 0;
        for (var attempt = 1; ; attempt++)
        {
            var reservation = await ReserveAsync(service, cancellationToken).ConfigureAwait(false);
            if (dryRun || await TakeAddressesAsync(service, reservation, cancellationToken).ConfigureAwait(false))
            {
                return reservation;
            }

            // Another server was faster.
            await reservation.DisposeAsync().ConfigureAwait(false);
            if (asked || attempt == Attempts)
            {
                Refuse(service, "spec.clusterIPs", service.Spec.ClusterIPs, $"failed to allocate IP {service.Spec.ClusterIPs[0]}: provided IP is already allocated");
            }

            service.Spec.ClusterIPs = [];
            service.Spec.ClusterIP = "";
        }
    }

    /// <summary>The Service no longer has these addresses.</summary>
    public async ValueTask GiveBackAsync(Service service, IEnumerable<string> addresses, CancellationToken cancellationToken)
    {
        foreach (var address in addresses.Where(a => IPAddress.TryParse(a, out _)))
        {
            if (await services.Objects.FindAsync(Kobune.Api.Networking.V1.IPAddress.Info, null, address, true, cancellationToken).ConfigureAwait(false) is Kobune.Api.Networking.V1.IPAddress taken
                && ServiceAddresses.IsOf(taken, service))
            {
                await ServiceAddresses.DeleteAsync(services.Client, address, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<Reservation> ReserveAsync(Service service, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var all = await services.Objects.ListAsync(ResourceInfo.Of<Service>(), null, true, cancellationToken).ConfigureAwait(false);
            var addresses = await services.Objects.ListAsync<Kobune.Api.Networking.V1.IPAddress>(null, cancellationToken, fresh: true).ConfigureAwait(false);
            var pools = await PoolsAsync(cancellationToken).ConfigureAwait(false);
            lock (sync)
            {
                var taken = Taken(all);
                foreach (var address in addresses)
                {
                    taken.TryAdd(address.Metadata.Name, ServiceAddresses.IsOf(address, service) ? service.Metadata.Uid : "other");
                }

                var reservation = new Reservation(this, service.Metadata.Uid, taken);
                try
                {
                    ClusterIP(service, reservation, pools);
                    NodePorts(service, reservation);
                    HealthCheck(service, reservation);
                    return reservation;
                }
                catch (KubeStatusException)
                {
                    reservation.Cancel();
                    throw;
                }
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>The server's own range first, then those that ServiceCIDRs add and that are ready.</summary>
    private async ValueTask<List<AddressPool>> PoolsAsync(CancellationToken cancellationToken)
    {
        var pools = new List<AddressPool> { ownRange };
        foreach (var range in await services.Objects.ListAsync<ServiceCIDR>(null, cancellationToken, fresh: true).ConfigureAwait(false))
        {
            if (range.Metadata.Name == ServiceRange.DefaultName || range.Metadata.DeletionTimestamp is not null || !range.Status.Conditions.Exists(c => c is { Type: "Ready", Status: "True" }))
            {
                continue;
            }

            pools.AddRange(range.Spec.Cidrs.Where(c => IPNetwork.TryParse(c, out var n) && n.BaseAddress.AddressFamily == services.Options.ServiceNetwork.BaseAddress.AddressFamily)
                .Select(c => new AddressPool(IPNetwork.Parse(c))));
        }

        return pools;
    }

    /// <summary>Creates the IPAddress objects of what was reserved; false when one of them exists and is another's.</summary>
    private async ValueTask<bool> TakeAddressesAsync(Service service, Reservation reservation, CancellationToken cancellationToken)
    {
        foreach (var address in service.Spec.ClusterIPs.Where(a => IPAddress.TryParse(a, out _)))
        {
            if (await services.Objects.FindAsync(Kobune.Api.Networking.V1.IPAddress.Info, null, address, false, cancellationToken).ConfigureAwait(false) is Kobune.Api.Networking.V1.IPAddress present
                && ServiceAddresses.IsOf(present, service))
            {
                continue;
            }

            try
            {
                await services.Client.CreateAsync(ServiceAddresses.Of(address, service), null, cancellationToken).ConfigureAwait(false);
                reservation.Created.Add(address);
            }
            catch (KubeStatusException e) when (e.IsAlreadyExists)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The Service is gone: what it had and the cache never showed is free.</summary>
    public void Release(Service service)
    {
        lock (sync)
        {
            foreach (var key in reserved.Where(r => r.Value == service.Metadata.Uid).Select(r => r.Key).ToList())
            {
                reserved.Remove(key);
            }
        }
    }

    public void Dispose() => turn.Dispose();

    private Dictionary<string, string> Taken(IReadOnlyList<KubeObject> all)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var service in all.Cast<Service>())
        {
            service.Spec.ClusterIPs.ForEach(ip => taken[ip] = service.Metadata.Uid);
            service.Spec.Ports.Where(p => p.NodePort != 0).ToList().ForEach(p => taken[PortKey(p.NodePort)] = service.Metadata.Uid);
            if (service.Spec.HealthCheckNodePort != 0)
            {
                taken[PortKey(service.Spec.HealthCheckNodePort)] = service.Metadata.Uid;
            }
        }

        foreach (var (key, uid) in reserved.ToList())
        {
            if (taken.TryGetValue(key, out var owner) && owner == uid)
            {
                reserved.Remove(key);
            }
            else
            {
                taken[key] = uid;
            }
        }

        return taken;
    }

    private void ClusterIP(Service service, Reservation reservation, List<AddressPool> pools)
    {
        var spec = service.Spec;
        if (service.IsHeadless())
        {
            return;
        }

        if (spec.ClusterIPs.Count == 0)
        {
            spec.ClusterIPs = [pools.Select(p => Free(p, reservation)).FirstOrDefault(a => a is not null) ?? throw StatusErrors.InternalError("failed to allocate a serviceIP: range is full")];
            reservation.Take(spec.ClusterIPs[0]);
        }
        else if (!reservation.IsOwn(spec.ClusterIPs[0]))
        {
            var ip = IPAddress.Parse(spec.ClusterIPs[0]);
            var problem = (pools.Exists(p => p.Problem(ip) is null) ? null : ownRange.Problem(ip)) ?? (reservation.IsFree(ip.ToString()) ? null : "provided IP is already allocated");
            if (problem != null)
            {
                Refuse(service, "spec.clusterIPs", spec.ClusterIPs, $"failed to allocate IP {spec.ClusterIPs[0]}: {problem}");
            }

            reservation.Take(ip.ToString());
        }

        spec.ClusterIP = spec.ClusterIPs[0];
    }

    private string? Free(AddressPool pool, Reservation reservation)
    {
        var index = RangeSplit.Choose(pool.Size, pool.Split, services.Random, i => reservation.IsFree(pool[i]));
        return index < 0 ? null : pool[index];
    }

    private void NodePorts(Service service, Reservation reservation)
    {
        if (!service.TakesNodePorts())
        {
            return;
        }

        // One number may serve TCP and UDP of the same port.
        var byPort = new Dictionary<int, int>();
        for (var i = 0; i < service.Spec.Ports.Count; i++)
        {
            var port = service.Spec.Ports[i];
            if (port.NodePort == 0 && !service.AllocatesNodePorts())
            {
                continue;
            }

            if (!byPort.TryGetValue(port.Port, out var number))
            {
                number = service.Spec.Ports.Skip(i).FirstOrDefault(p => p.Port == port.Port && p.NodePort != 0)?.NodePort ?? 0;
                number = number == 0 ? NextPort(reservation, "a nodePort") : Checked(service, i, number, reservation);
                byPort.Add(port.Port, number);
                port.NodePort = port.NodePort == 0 ? number : port.NodePort;
            }

            if (port.NodePort == 0)
            {
                port.NodePort = number;
            }
            else if (port.NodePort != number)
            {
                Checked(service, i, port.NodePort, reservation);
            }
        }
    }

    private void HealthCheck(Service service, Reservation reservation)
    {
        if (!service.NeedsHealthCheck())
        {
            return;
        }

        if (service.Spec.HealthCheckNodePort == 0)
        {
            service.Spec.HealthCheckNodePort = NextPort(reservation, "a HealthCheck NodePort");
        }
        else if (Problem(service.Spec.HealthCheckNodePort, reservation) is { } problem)
        {
            throw StatusErrors.InternalError(FormattableString.Invariant($"failed to allocate requested HealthCheck NodePort {service.Spec.HealthCheckNodePort}: {problem}"));
        }
        else
        {
            reservation.Take(PortKey(service.Spec.HealthCheckNodePort));
        }
    }

    private int NextPort(Reservation reservation, string what)
    {
        var index = RangeSplit.Choose(ports.Size, RangeSplit.Of(ports.Size, 32, 128), services.Random, i => reservation.IsFree(PortKey(ports.First + i)));
        if (index < 0)
        {
            throw StatusErrors.InternalError($"failed to allocate {what}: range is full");
        }

        reservation.Take(PortKey(ports.First + index));
        return ports.First + index;
    }

    private int Checked(Service service, int index, int number, Reservation reservation)
    {
        if (Problem(number, reservation) is { } problem)
        {
            Refuse(service, FieldPath.New("spec", "ports").Index(index).Child("nodePort"), number, problem);
        }

        reservation.Take(PortKey(number));
        return number;
    }

    private string? Problem(int number, Reservation reservation) =>
        reservation.IsOwn(PortKey(number)) ? null
        : number < ports.First || number >= ports.First + ports.Size ? FormattableString.Invariant($"provided port is not in the valid range. The range of valid ports is {ports.First}-{ports.First + ports.Size - 1}")
        : reservation.IsFree(PortKey(number)) ? null : "provided port is already allocated";

    private static void Refuse(Service service, string field, object value, string why)
    {
        var errors = new FieldErrorList();
        errors.Invalid(field, value, why);
        errors.ThrowIfAny(service.Resource, service.Metadata.Name);
    }

    private static string PortKey(int port) => FormattableString.Invariant($":{port}");

    /// <summary>What one write took; given back when the write fails.</summary>
    private sealed class Reservation(ServiceAllocator owner, string uid, Dictionary<string, string> taken) : IAsyncDisposable
    {
        private readonly List<string> keys = [];

        /// <summary>The IPAddress objects made for it.</summary>
        public List<string> Created { get; } = [];

        public bool IsFree(string key) => !taken.ContainsKey(key);

        /// <summary>Whether the Service has it already.</summary>
        public bool IsOwn(string key) => taken.TryGetValue(key, out var by) && by == uid;

        public void Take(string key)
        {
            if (taken.TryAdd(key, uid))
            {
                owner.reserved.Add(key, uid);
                keys.Add(key);
            }
        }

        public void Cancel() => keys.ForEach(k => owner.reserved.Remove(k));

        public async ValueTask DisposeAsync()
        {
            foreach (var address in Created)
            {
                await ServiceAddresses.DeleteAsync(owner.services.Client, address, CancellationToken.None).ConfigureAwait(false);
            }

            lock (owner.sync)
            {
                Cancel();
            }
        }
    }
}
