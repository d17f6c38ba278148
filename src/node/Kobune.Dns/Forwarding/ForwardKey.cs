using Kobune.Dns.Wire;

namespace Kobune.Dns.Forwarding;

/// <summary>What makes two forwarded questions the same.</summary>
internal readonly record struct ForwardKey(DnsName Name, RecordType Type, bool DnssecOk, bool CheckingDisabled);
