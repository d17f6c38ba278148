using System.Net;
using Kobune.Dns.Wire;

namespace Kobune.Dns.Forwarding;

/// <summary>Asks one name server.</summary>
internal interface IUpstream
{
    /// <summary>The answer to exactly this question. Fails with SocketException, IOException or DnsFormatException, or by cancellation.</summary>
    Task<DnsMessage> AskAsync(IPEndPoint server, DnsMessage query, CancellationToken cancellationToken);
}
