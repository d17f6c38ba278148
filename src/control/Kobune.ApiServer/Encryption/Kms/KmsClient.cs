using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Kobune.ApiServer.Encryption.Kms;

/// <summary>Calls a KMS v2 plug-in (service v2.KeyManagementService): gRPC over a unix socket.</summary>
internal sealed class KmsClient(string socket, TimeSpan timeout)
{
    private const string Service = "/v2.KeyManagementService/";

    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken).ConfigureAwait(false);
                return new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
        Timeout = timeout,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>Has the plug-in encrypt: its ciphertext, the id of the key it used, and what it wants to see again on decryption.</summary>
    public async Task<(byte[] Ciphertext, string KeyId, List<byte[]> Annotations)> EncryptAsync(byte[] plaintext, string uid, CancellationToken cancellationToken)
    {
        var request = new ArrayBufferWriter<byte>();
        ProtoFields.Write(request, 1, plaintext);
        ProtoFields.Write(request, 2, uid);
        var fields = ProtoFields.Read(await CallAsync("Encrypt", request.WrittenMemory, cancellationToken).ConfigureAwait(false));
        return (fields.Find(f => f.Field == 1).Bytes ?? [], Encoding.UTF8.GetString(fields.Find(f => f.Field == 2).Bytes ?? []), [.. fields.Where(f => f.Field == 3).Select(f => f.Bytes)]);
    }

    public async Task<byte[]> DecryptAsync(byte[] ciphertext, string uid, string keyId, IEnumerable<byte[]> annotations, CancellationToken cancellationToken)
    {
        var request = new ArrayBufferWriter<byte>();
        ProtoFields.Write(request, 1, ciphertext);
        ProtoFields.Write(request, 2, uid);
        ProtoFields.Write(request, 3, keyId);
        foreach (var annotation in annotations)
        {
            ProtoFields.Write(request, 4, annotation);
        }

        return ProtoFields.Read(await CallAsync("Decrypt", request.WrittenMemory, cancellationToken).ConfigureAwait(false)).Find(f => f.Field == 1).Bytes ?? [];
    }

    /// <summary>The id of the key that the plug-in encrypts with now.</summary>
    public async Task<string> KeyIdAsync(CancellationToken cancellationToken)
    {
        var fields = ProtoFields.Read(await CallAsync("Status", ReadOnlyMemory<byte>.Empty, cancellationToken).ConfigureAwait(false));
        return Encoding.UTF8.GetString(fields.Find(f => f.Field == 3).Bytes ?? []);
    }

    private async Task<byte[]> CallAsync(string method, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.Span.CopyTo(frame.AsSpan(5));
        using var request = new HttpRequestMessage(HttpMethod.Post, Service + method)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
            Headers = { TE = { new TransferCodingWithQualityHeaderValue("trailers") } },
        };
        try
        {
            using var answer = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            var status = First(answer.TrailingHeaders, "grpc-status") ?? First(answer.Headers, "grpc-status") ?? "2";
            return status == "0" && body.Length >= 5
                ? body[5..]
                : throw new CryptographicException($"KMS {method} failed: {First(answer.TrailingHeaders, "grpc-message") ?? First(answer.Headers, "grpc-message") ?? "code " + status}");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new CryptographicException($"KMS {method} failed: {e.Message}", e);
        }
    }

    private static string? First(HttpResponseHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.First() : null;
}
