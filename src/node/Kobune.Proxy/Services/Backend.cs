namespace Kobune.Proxy.Services;

/// <summary>Where a packet may be sent: an address and port of an endpoint, and whether it is on this node.</summary>
internal readonly record struct Backend(string Address, int Port, bool IsLocal)
{
    public override string ToString() => $"{Address}:{Port}";
}
