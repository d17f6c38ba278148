using System.Net;
using System.Net.Sockets;
using Kobune.Api;

namespace Kobune.ApiServer.Streaming;

/// <summary>Where a connecting request goes.</summary>
/// <param name="Path">With its leading slash, without query.</param>
/// <param name="Kubelet">The peer is a kubelet: our client certificate is shown to it.</param>
internal sealed record ConnectTarget(string Host, int Port, bool Tls, string Path, string Query, bool Kubelet)
{
    public string Authority => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    public string PathAndQuery => Query.Length == 0 ? Path : Path + "?" + Query;

    public Uri Uri => new($"{(Tls ? "https" : "http")}://{Authority}{PathAndQuery}");

    /// <summary>Proxying must not reach what only this machine may reach.</summary>
    /// <exception cref="KubeStatusException">403</exception>
    public ConnectTarget NotLocal()
    {
        if (IPAddress.TryParse(Host, out var address))
        {
            var bytes = address.IsIPv4MappedToIPv6 ? address.MapToIPv4().GetAddressBytes() : address.GetAddressBytes();
            var linkLocal = address.IsIPv6LinkLocal || (bytes is [169, 254, _, _]) || address.IsIPv6Multicast || bytes is [>= 224, _, _, _];
            if (IPAddress.IsLoopback(address) || (address.IsIPv4MappedToIPv6 && bytes[0] == 127) || linkLocal || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            {
                throw StatusErrors.Forbidden("", "", "", "address not allowed");
            }
        }
        else
        {
            throw StatusErrors.Forbidden("", "", "", "address not allowed");
        }

        return this;
    }
}
