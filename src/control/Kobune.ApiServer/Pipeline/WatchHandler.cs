using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Printing;
using Kobune.ApiServer.Registry;
using Kobune.Client;
using Microsoft.AspNetCore.Http.Features;

namespace Kobune.ApiServer.Pipeline;

/// <summary>Streams changes: JSON frames end in a newline, protobuf frames begin with their length. What is pending is flushed together.</summary>
internal sealed class WatchHandler(ResourceRegistry registry, TablePrinter tables, TimeProvider time, Random random)
{
    private const int FlushBytes = 64 * 1024;
    private static readonly TimeSpan MinTimeout = TimeSpan.FromMinutes(30);

    public async Task WatchAsync(ApiRequest request, ServedResource resource)
    {
        var accepted = MediaTypes.Negotiate(request.Http.Request, resource);
        if (accepted is { Form: Form.Table, Encoding: Encoding.Protobuf } || accepted.Encoding == Encoding.Yaml)
        {
            throw StatusErrors.NotAcceptable(MediaTypes.Supported);
        }

        var bookmarks = request.Flag("allowWatchBookmarks");
        var start = new WatchStart(
            request.Query("labelSelector"), request.Query("fieldSelector"), request.Query("resourceVersion"), request.Query("resourceVersionMatch"),
            request.Query("sendInitialEvents") is { } initial ? initial is not ("false" or "0") : null, bookmarks);
        ResourceWatcher watcher;
        try
        {
            watcher = await registry.WatchAsync(Scopes.Of(request, resource), start, request.Aborted).ConfigureAwait(false);
        }
        catch (KubeStatusException e) when (e.Code == 410)
        {
            // A watch that cannot begin is told so within the stream, where clients look for it.
            Head(request, accepted);
            new FrameWriter(request, resource, accepted, tables).Error(e.Status);
            await request.Http.Response.BodyWriter.FlushAsync(request.Aborted).ConfigureAwait(false);
            return;
        }

        Head(request, accepted);
        using var deadline = new CancellationTokenSource(Timeout(request), time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, request.Aborted);
        try
        {
            await StreamAsync(request, resource, watcher, new FrameWriter(request, resource, accepted, tables), bookmarks, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Time is up, or the client has gone: the stream ends without a word, as upstream's does.
        }
    }

    private async Task StreamAsync(ApiRequest request, ServedResource resource, ResourceWatcher watcher, FrameWriter frames, bool bookmarks, CancellationToken cancellationToken)
    {
        var output = request.Http.Response.BodyWriter;
        await registry.PrepareAsync(resource, watcher.Initial, cancellationToken).ConfigureAwait(false);
        foreach (var item in watcher.Initial)
        {
            if (watcher.Matches(item) && frames.Event(new WatchItem(WatchEventType.Added, item, item.Revision)) > FlushBytes)
            {
                await FlushAsync(output, frames, cancellationToken).ConfigureAwait(false);
            }
        }

        if (watcher.MarkInitialEnd)
        {
            frames.Event(new WatchItem(WatchEventType.Bookmark, null, watcher.InitialRevision, InitialEnd: true));
        }

        // Also without events: the client learns that the watch stands.
        await FlushAsync(output, frames, cancellationToken).ConfigureAwait(false);
        var items = new List<WatchItem>();
        while (true)
        {
            items.Clear();
            try
            {
                await watcher.ReadAsync(items, cancellationToken).ConfigureAwait(false);
            }
            catch (KubeStatusException e)
            {
                frames.Error(e.Status);
                await FlushAsync(output, frames, cancellationToken).ConfigureAwait(false);
                return;
            }

            await registry.PrepareAsync(resource, items.Select(i => i.Object).OfType<StoredObject>(), cancellationToken).ConfigureAwait(false);
            foreach (var item in items)
            {
                if (item.Type != WatchEventType.Bookmark || bookmarks)
                {
                    frames.Event(item);
                }
            }

            await FlushAsync(output, frames, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask FlushAsync(PipeWriter output, FrameWriter frames, CancellationToken cancellationToken)
    {
        frames.Unflushed = 0;
        var flush = await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (flush.IsCompleted)
        {
            throw new OperationCanceledException(cancellationToken.IsCancellationRequested ? cancellationToken : new CancellationToken(true));
        }
    }

    private static void Head(ApiRequest request, Accepted accepted)
    {
        request.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        Responses.Warn(request);
        request.Http.Response.ContentType = accepted.Encoding == Encoding.Protobuf ? MediaTypes.Protobuf + ";stream=watch" : MediaTypes.Json;
    }

    private TimeSpan Timeout(ApiRequest request) =>
        int.TryParse(request.Query("timeoutSeconds"), System.Globalization.CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(seconds)
            : MinTimeout + (MinTimeout * random.NextDouble());

    /// <summary>Writes frames into the response's buffer.</summary>
    private sealed class FrameWriter(ApiRequest request, ServedResource resource, Accepted accepted, TablePrinter tables)
    {
        private readonly PipeWriter output = request.Http.Response.BodyWriter;
        private readonly string include = accepted.Form == Form.Table ? ObjectResponses.Include(request) : "";
        private bool columnsSent;

        public int Unflushed { get; set; }

        /// <summary>The number of bytes written since the last flush.</summary>
        public int Event(in WatchItem item)
        {
            var type = item.Type switch { WatchEventType.Added => "ADDED", WatchEventType.Modified => "MODIFIED", WatchEventType.Deleted => "DELETED", _ => "BOOKMARK" };
            if (item.Object is { } stored && accepted is { Form: Form.Object, Encoding: Encoding.Json })
            {
                return Json(type, resource.JsonOf(stored).Span);
            }

            var obj = item.Object is { } o ? resource.ObjectOf(o) : Bookmark(item);
            ApiStruct body = accepted.Form switch
            {
                Form.Table => Table(item, obj),
                Form.Partial => ObjectResponses.Partial(obj),
                _ => obj,
            };
            return accepted.Encoding == Encoding.Protobuf ? Protobuf(type, KubeProto.Write((KubeObject)body)) : Json(type, KubeJson.Write(body));
        }

        public void Error(Status status)
        {
            if (accepted.Encoding == Encoding.Protobuf)
            {
                Protobuf("ERROR", KubeProto.Write(status, "v1", "Status"));
            }
            else
            {
                Json("ERROR", KubeJson.Write(status));
            }
        }

        private ApiStruct Table(in WatchItem item, KubeObject obj)
        {
            var columns = !columnsSent;
            columnsSent = true;
            return tables.Print(resource, item.Object is null ? [] : [obj], new ListMeta { ResourceVersion = obj.Metadata.ResourceVersion }, include, columns);
        }

        private KubeObject Bookmark(in WatchItem item)
        {
            var obj = resource.Info.Create();
            obj.Metadata.ResourceVersion = ResourceVersions.Format(item.Revision);
            if (item.InitialEnd)
            {
                obj.Metadata.Annotations["k8s.io/initial-events-end"] = "true";
            }

            return obj;
        }

        private int Json(string type, ReadOnlySpan<byte> json)
        {
            output.Put(type switch
            {
                "ADDED" => "{\"type\":\"ADDED\",\"object\":"u8,
                "MODIFIED" => "{\"type\":\"MODIFIED\",\"object\":"u8,
                "DELETED" => "{\"type\":\"DELETED\",\"object\":"u8,
                "BOOKMARK" => "{\"type\":\"BOOKMARK\",\"object\":"u8,
                _ => "{\"type\":\"ERROR\",\"object\":"u8,
            });
            output.Put(json);
            output.Put("}\n"u8);
            return Unflushed += json.Length + 32;
        }

        private int Protobuf(string type, ReadOnlySpan<byte> raw)
        {
            var frame = KubeProto.WriteWatchEvent(type, raw);
            BinaryPrimitives.WriteUInt32BigEndian(output.GetSpan(4), (uint)frame.Length);
            output.Advance(4);
            output.Put(frame);
            return Unflushed += frame.Length + 4;
        }
    }
}
