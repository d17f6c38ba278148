using System.Collections.Concurrent;
using System.Net;
using Kobune.Runtime;

namespace Kobune.Dns.Zones;

/// <summary>
/// The Services and namespaces that DNS knows, and which names an address has. One writer at a time, any number of readers,
/// who never wait.
/// </summary>
internal sealed class ZoneData
{
    private readonly Lock _writing = new();
    private readonly ConcurrentDictionary<string, bool> _namespaces = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<ObjectKey, ServiceRecords> _services = new(KeyComparer.Instance);
    private readonly ConcurrentDictionary<IPAddress, AddressOwner[]> _owners = new();
    private int _serial;

    /// <summary>Grows with each change.</summary>
    public uint Serial => (uint)Volatile.Read(ref _serial);

    public bool HasNamespace(string name) => _namespaces.ContainsKey(name);

    public ServiceRecords? Find(string ns, string service) => _services.GetValueOrDefault(new ObjectKey(ns, service));

    /// <summary>The Services, and of headless ones the endpoints, that have the address.</summary>
    public IReadOnlyList<AddressOwner> OwnersOf(IPAddress address) => _owners.GetValueOrDefault(address) ?? [];

    public void SetNamespace(string name, bool exists)
    {
        if (exists ? _namespaces.TryAdd(name, true) : _namespaces.TryRemove(name, out _))
        {
            Interlocked.Increment(ref _serial);
        }
    }

    /// <summary>Puts what is known of a Service now; null when it is gone.</summary>
    public void Put(ObjectKey key, ServiceRecords? records)
    {
        lock (_writing)
        {
            if (_services.TryGetValue(key, out var old))
            {
                foreach (var (address, owner) in Owners(old))
                {
                    Change(address, all => [.. all.Where(o => o != owner)]);
                }
            }
            if (records is null)
            {
                _services.TryRemove(key, out _);
            }
            else
            {
                _services[key] = records;
                foreach (var (address, owner) in Owners(records))
                {
                    Change(address, all => all.Contains(owner) ? all : [.. all, owner]);
                }
            }
            Interlocked.Increment(ref _serial);
        }
    }

    private void Change(IPAddress address, Func<AddressOwner[], AddressOwner[]> change)
    {
        var now = change(_owners.GetValueOrDefault(address) ?? []);
        if (now.Length == 0)
        {
            _owners.TryRemove(address, out _);
        }
        else
        {
            _owners[address] = now;
        }
    }

    private static IEnumerable<(IPAddress Address, AddressOwner Owner)> Owners(ServiceRecords records) => records.IsHeadless
        ? records.Endpoints.Select(e => (e.Address, new AddressOwner(records.Namespace, records.Name, e.Host))).Distinct()
        : records.Addresses.Select(a => (a, new AddressOwner(records.Namespace, records.Name, null)));

    private sealed class KeyComparer : IEqualityComparer<ObjectKey>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(ObjectKey x, ObjectKey y) =>
            string.Equals(x.Name, y.Name, StringComparison.OrdinalIgnoreCase) && string.Equals(x.Namespace, y.Namespace, StringComparison.OrdinalIgnoreCase);

        public int GetHashCode(ObjectKey obj) => HashCode.Combine(obj.Name.GetHashCode(StringComparison.OrdinalIgnoreCase), obj.Namespace.GetHashCode(StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>Who has an address: a Service, or with <paramref name="Host"/> an endpoint of a headless one.</summary>
internal sealed record AddressOwner(string Namespace, string Service, string? Host);
