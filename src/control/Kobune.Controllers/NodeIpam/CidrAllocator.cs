using System.Buffers.Binary;
using System.Net;

namespace Kobune.Controllers.NodeIpam;

/// <summary>Hands out equal parts of a cluster range (IPv4), the lowest free one first.</summary>
internal sealed class CidrAllocator
{
    private readonly Lock _gate = new();
    private readonly uint _base;
    private readonly int _prefix;
    private readonly bool[] _used;
    private int _next;

    public CidrAllocator(string clusterCidr, int nodePrefix)
    {
        var network = IPNetwork.Parse(clusterCidr);
        if (nodePrefix < network.PrefixLength || nodePrefix - network.PrefixLength > 16)
        {
            throw new ArgumentException($"a node range of /{nodePrefix} does not fit the cluster range {clusterCidr}", nameof(nodePrefix));
        }

        _base = BinaryPrimitives.ReadUInt32BigEndian(network.BaseAddress.GetAddressBytes());
        _prefix = nodePrefix;
        _used = new bool[1 << (nodePrefix - network.PrefixLength)];
    }

    /// <summary>Marks a range that a node has already.</summary>
    public void Occupy(string cidr) => Set(cidr, true);

    public void Release(string cidr) => Set(cidr, false);

    /// <summary>The next free range, or null when all are taken.</summary>
    public string? Allocate()
    {
        lock (_gate)
        {
            // Goes on from the last one: the range of a node that was just removed rests before it is used again.
            for (var i = 0; i < _used.Length; i++)
            {
                var index = (_next + i) % _used.Length;
                if (!_used[index])
                {
                    _used[index] = true;
                    _next = (index + 1) % _used.Length;
                    return Format(index);
                }
            }

            return null;
        }
    }

    private void Set(string cidr, bool used)
    {
        if (IPNetwork.TryParse(cidr, out var network) && network.PrefixLength == _prefix)
        {
            var index = (BinaryPrimitives.ReadUInt32BigEndian(network.BaseAddress.GetAddressBytes()) - _base) >> (32 - _prefix);
            lock (_gate)
            {
                if (index < _used.Length)
                {
                    _used[index] = used;
                }
            }
        }
    }

    private string Format(int index)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, _base + ((uint)index << (32 - _prefix)));
        return $"{new IPAddress(bytes)}/{_prefix}";
    }
}
