using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Printing;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.Pipeline;

/// <summary>
/// Objects and lists as responses. JSON of stored objects is copied (decision 3); every other encoding and form is
/// derived from the shared typed object on demand.
/// </summary>
internal sealed class ObjectResponses(TablePrinter tables)
{
    private const int FlushBytes = 256 * 1024;

    public Task ResultAsync(ApiRequest request, ServedResource resource, ApiResult result, Accepted accepted)
    {
        if (result.Status is { } status)
        {
            return Responses.StatusAsync(request, status, result.Code, accepted);
        }

        return result.Stored is { } stored
            ? StoredAsync(request, resource, result.Code, stored, accepted)
            : ObjectAsync(request, resource, result.Code, result.Object!, accepted);
    }

    public Task StoredAsync(ApiRequest request, ServedResource resource, int code, StoredObject stored, Accepted accepted) =>
        accepted is { Form: Form.Object, Encoding: not Encoding.Protobuf }
            ? Responses.JsonAsync(request, code, resource.JsonOf(stored), accepted)
            : ObjectAsync(request, resource, code, resource.ObjectOf(stored), accepted);

    public Task ObjectAsync(ApiRequest request, ServedResource resource, int code, KubeObject obj, Accepted accepted)
    {
        ApiStruct body = accepted.Form switch
        {
            Form.Table => tables.Print(resource, [obj], new ListMeta { ResourceVersion = obj.Metadata.ResourceVersion }, Include(request), true),
            Form.Partial => Partial(obj),
            _ => obj,
        };
        return accepted.Encoding == Encoding.Protobuf
            ? Responses.BytesAsync(request, code, MediaTypes.Protobuf, Protobuf(body))
            : Responses.JsonAsync(request, code, KubeJson.Write(body), accepted);
    }

    public Task ListAsync(ApiRequest request, ServedResource resource, ListResult list, Accepted accepted)
    {
        var meta = new ListMeta { ResourceVersion = ResourceVersions.Format(list.Revision), Continue = list.Continue, RemainingItemCount = list.Remaining };
        if (accepted.Form == Form.Table)
        {
            var table = tables.Print(resource, list.Items.Select(resource.ObjectOf), meta, Include(request), true);
            return accepted.Encoding == Encoding.Protobuf
                ? throw StatusErrors.NotAcceptable(MediaTypes.Supported)
                : Responses.JsonAsync(request, 200, KubeJson.Write(table), accepted);
        }

        if (accepted.Encoding == Encoding.Protobuf)
        {
            return accepted.Form == Form.Partial
                ? Responses.BytesAsync(request, 200, MediaTypes.Protobuf, KubeProto.WriteList(ResourceInfo.Of<PartialObjectMetadata>(), meta, [.. list.Items.Select(i => Partial(resource.ObjectOf(i)))]))
                : Responses.BytesAsync(request, 200, MediaTypes.Protobuf, KubeProto.WriteList(resource.Info, meta, [.. list.Items.Select(resource.ObjectOf)]));
        }

        var (head, items) = accepted.Form == Form.Partial
            ? (ListHead("PartialObjectMetadataList", "meta.k8s.io/v1", meta), list.Items.Select(i => (ReadOnlyMemory<byte>)KubeJson.Write(Partial(resource.ObjectOf(i)))).ToArray())
            : (ListHead(resource.Info.ListKind, resource.Info.ApiVersion, meta), null);
        if (accepted.Encoding == Encoding.Yaml || accepted.Pretty)
        {
            return Responses.JsonAsync(request, 200, Whole(resource, head, list, items), accepted);
        }

        return JsonListAsync(request, resource, head, list, items);
    }

    public static PartialObjectMetadata Partial(KubeObject obj) => new() { Metadata = obj.Metadata };

    public static string Include(ApiRequest request) => request.Query("includeObject") switch
    {
        null or "" or "Metadata" => "Metadata",
        "None" => "None",
        "Object" => "Object",
        var other => throw StatusErrors.BadRequest($"unrecognized includeObject value: {other}"),
    };

    private static byte[] Protobuf(ApiStruct body) => body is KubeObject obj ? KubeProto.Write(obj) : throw StatusErrors.NotAcceptable(MediaTypes.Supported);

    private static byte[] ListHead(string kind, string apiVersion, ListMeta meta) =>
        System.Text.Encoding.UTF8.GetBytes($"{{\"kind\":\"{kind}\",\"apiVersion\":\"{apiVersion}\",\"metadata\":{meta},\"items\":[");

    private static byte[] Whole(ServedResource resource, byte[] head, ListResult list, ReadOnlyMemory<byte>[]? items)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Put(head);
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (i > 0)
            {
                output.Put(","u8);
            }

            WriteItem(output, resource, list.Items[i], items?[i]);
        }

        output.Put("]}"u8);
        return output.WrittenSpan.ToArray();
    }

    private static async Task JsonListAsync(ApiRequest request, ServedResource resource, byte[] head, ListResult list, ReadOnlyMemory<byte>[]? items)
    {
        var response = request.Http.Response;
        response.ContentType = MediaTypes.Json;
        Responses.Warn(request);
        if (request.Http.Request.Method == "HEAD")
        {
            return;
        }

        var size = SizeOf(resource, head, list, items);
        if (size is null or > 128 * 1024 && Responses.WantsGzip(request))
        {
            await using var gzip = Responses.Gzip(request);
            var pipe = PipeWriter.Create(gzip, new StreamPipeWriterOptions(leaveOpen: true));
            await CopyAsync(pipe, resource, head, list, items, request.Aborted).ConfigureAwait(false);
            await pipe.CompleteAsync().ConfigureAwait(false);
            return;
        }

        response.ContentLength = size;
        await CopyAsync(response.BodyWriter, resource, head, list, items, request.Aborted).ConfigureAwait(false);
    }

    /// <summary>The length of a list that is copied as it is stored; null when items are converted on the way.</summary>
    private static long? SizeOf(ServedResource resource, byte[] head, ListResult list, ReadOnlyMemory<byte>[]? items)
    {
        if (items is not null || resource.Converter is not null)
        {
            return null;
        }

        // All items begin with the same kind and apiVersion, which are left out.
        var skipped = resource.IsCustom || list.Items.Count == 0 ? 0 : ObjectBytes.MetadataOffset(list.Items[0].Json) - 1;
        long size = head.Length + 2 + Math.Max(list.Items.Count - 1, 0);
        foreach (var item in list.Items)
        {
            size += item.Json.Length - skipped;
        }

        return size;
    }

    private static async Task CopyAsync(PipeWriter output, ServedResource resource, byte[] head, ListResult list, ReadOnlyMemory<byte>[]? items, CancellationToken cancellationToken)
    {
        output.Put(head);
        var unflushed = 0;
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (i > 0)
            {
                output.Put(","u8);
            }

            unflushed += WriteItem(output, resource, list.Items[i], items?[i]);
            if (unflushed > FlushBytes)
            {
                await output.FlushAsync(cancellationToken).ConfigureAwait(false);
                unflushed = 0;
            }
        }

        output.Put("]}"u8);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Items of built-in lists carry no kind and apiVersion of their own: what stands before metadata is skipped.</summary>
    private static int WriteItem(IBufferWriter<byte> output, ServedResource resource, StoredObject item, ReadOnlyMemory<byte>? ready)
    {
        if (ready is { } bytes)
        {
            output.Put(bytes.Span);
            return bytes.Length;
        }

        var json = resource.JsonOf(item).Span;
        if (resource.IsCustom)
        {
            output.Put(json);
            return json.Length;
        }

        output.Put("{"u8);
        output.Put(json[ObjectBytes.MetadataOffset(json)..]);
        return json.Length;
    }
}
