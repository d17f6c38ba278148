using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Kobune.Dns.Wire;

namespace Kobune.Dns.Forwarding;

/// <summary>Asks by UDP from a port of its own, and by TCP when the answer was cut off.</summary>
internal sealed class SocketUpstream : IUpstream
{
    public async Task<DnsMessage> AskAsync(IPEndPoint server, DnsMessage query, CancellationToken cancellationToken)
    {
        var octets = MessageWriter.Write(query);
        var answer = await ByUdpAsync(server, query, octets, cancellationToken);
        return answer.IsTruncated ? await ByTcpAsync(server, query, octets, cancellationToken) : answer;
    }

    private static async Task<DnsMessage> ByUdpAsync(IPEndPoint server, DnsMessage query, byte[] octets, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellationToken);
        await socket.SendAsync(octets, SocketFlags.None, cancellationToken);
        var buffer = new byte[4096];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
            // What answers another question is forged or late; the real answer may still come.
            if (MessageReader.Read(buffer.AsSpan(0, length)) is var answer && Answers(answer, query))
            {
                return answer;
            }
        }
    }

    private static async Task<DnsMessage> ByTcpAsync(IPEndPoint server, DnsMessage query, byte[] octets, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancellationToken);
        await using var stream = new NetworkStream(socket);
        var framed = new byte[octets.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)octets.Length);
        octets.CopyTo(framed, 2);
        await stream.WriteAsync(framed, cancellationToken);
        var prefix = new byte[2];
        await stream.ReadExactlyAsync(prefix, cancellationToken);
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        await stream.ReadExactlyAsync(message, cancellationToken);
        return MessageReader.Read(message) is var answer && Answers(answer, query)
            ? answer
            : throw new DnsFormatException("the answer is to another question", query.Id);
    }

    private static bool Answers(DnsMessage answer, DnsMessage query) => answer.IsResponse && answer.Id == query.Id && answer.Question == query.Question;
}
