using System.Globalization;
using Kobune.Proxy.Tools;

namespace Kobune.Proxy.Conntrack;

/// <summary>Makes the kernel forget flows; their next packet is looked up anew.</summary>
internal sealed class ConntrackCleaner(NetworkTool tool)
{
    public async Task CleanAsync(IReadOnlyCollection<StaleFlow> flows, CancellationToken cancellationToken)
    {
        foreach (var flow in flows.Distinct())
        {
            List<string> arguments = ["-D", "-p", "udp", "--orig-port-dst", flow.Port.ToString(CultureInfo.InvariantCulture)];
            if (flow.Destination.Length > 0)
            {
                arguments.AddRange(["--orig-dst", flow.Destination]);
            }
            if (flow.Endpoint.Length > 0)
            {
                arguments.AddRange(["--reply-src", flow.Endpoint]);
            }
            // Exit code 1 says that there was none.
            await tool.TryRunAsync("conntrack", arguments, null, cancellationToken);
        }
    }
}
