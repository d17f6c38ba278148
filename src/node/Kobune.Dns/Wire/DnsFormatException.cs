namespace Kobune.Dns.Wire;

/// <summary>A message is not what RFC 1035 says. <see cref="Id"/> is its id when at least that could be read.</summary>
internal sealed class DnsFormatException(string message, ushort? id = null) : Exception(message)
{
    public ushort? Id { get; } = id;
}
