using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Kobune.Api;
using Kobune.Api.Meta.V1;
using WatchEvent = Kobune.Client.WatchEvent;

namespace Kobune.Client.Http;

/// <summary>The client over HTTPS, to any API server. JSON on the wire.</summary>
public sealed class HttpKubeClient(KubeTransport transport) : IKubeClient
{
    public KubeTransport Transport => transport;

    public async Task<KubeObject> GetAsync(ResourceInfo resource, string? ns, string name, CancellationToken cancellationToken = default) =>
        Decode(resource, await transport.SendForBytesAsync(HttpMethod.Get, PathOf(resource, ns, name), cancellationToken: cancellationToken).ConfigureAwait(false));

    public Task<byte[]> GetRawAsync(string path, CancellationToken cancellationToken = default) =>
        transport.SendForBytesAsync(HttpMethod.Get, path, cancellationToken: cancellationToken);

    public async Task<ObjectList> ListAsync(ResourceInfo resource, string? ns, ListOptions? options = null, CancellationToken cancellationToken = default)
    {
        var path = WithSelection(PathOf(resource, ns), options);
        var body = await transport.SendForBytesAsync(HttpMethod.Get, path, cancellationToken: cancellationToken).ConfigureAwait(false);
        return ListDecoder.Decode(resource, body);
    }

    public async IAsyncEnumerable<WatchEvent> WatchAsync(
        ResourceInfo resource, string? ns, WatchOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= new WatchOptions();
        var path = ApiPaths.WithQuery(
            PathOf(resource, ns),
            ("watch", "true"),
            ("labelSelector", options.LabelSelector),
            ("fieldSelector", options.FieldSelector),
            ("resourceVersion", options.ResourceVersion),
            ("allowWatchBookmarks", options.AllowBookmarks ? "true" : null),
            ("sendInitialEvents", options.SendInitialEvents ? "true" : null),
            ("resourceVersionMatch", options.SendInitialEvents ? "NotOlderThan" : null),
            ("timeoutSeconds", options.Timeout is { } t ? ((int)t.TotalSeconds).ToString(CultureInfo.InvariantCulture) : null));
        using var response = await transport.SendAsync(HttpMethod.Get, path, cancellationToken: cancellationToken).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var line in LineReader.ReadAsync(stream, cancellationToken).ConfigureAwait(false))
        {
            yield return WatchEventDecoder.Decode(resource, line);
        }
    }

    public Task<KubeObject> CreateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Post, resource, PathOf(resource, obj.Metadata.Namespace, null, options?.Subresource), obj, options, cancellationToken);

    public async Task<KubeObject> CreateSubresourceAsync(
        ResourceInfo resource, string? ns, string name, string subresource, KubeObject body, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        var path = WithWrite(PathOf(resource, ns, name, subresource), options);
        var answer = await transport.SendForBytesAsync(
            HttpMethod.Post, path, KubeTransport.Body(KubeJson.Write(body), MediaTypes.Json), cancellationToken: cancellationToken).ConfigureAwait(false);
        return Decode(body.Resource, answer);
    }

    public Task<KubeObject> UpdateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Put, resource, PathOf(resource, obj.Metadata.Namespace, obj.Metadata.Name, options?.Subresource), obj, options, cancellationToken);

    public async Task<KubeObject> PatchAsync(
        ResourceInfo resource, string? ns, string name, Patch patch, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        var mediaType = patch.Kind switch
        {
            PatchKind.Json => MediaTypes.JsonPatch,
            PatchKind.Merge => MediaTypes.MergePatch,
            PatchKind.StrategicMerge => MediaTypes.StrategicMergePatch,
            _ => MediaTypes.ApplyPatch,
        };
        var path = WithWrite(PathOf(resource, ns, name, options?.Subresource), options);
        return Decode(resource, await transport.SendForBytesAsync(
            HttpMethod.Patch, path, KubeTransport.Body(patch.Body, mediaType), cancellationToken: cancellationToken).ConfigureAwait(false));
    }

    public async Task<KubeObject?> DeleteAsync(
        ResourceInfo resource, string? ns, string name, DeleteOptions? options = null, CancellationToken cancellationToken = default)
    {
        var answer = await transport.SendForBytesAsync(HttpMethod.Delete, PathOf(resource, ns, name), DeleteBody(options), cancellationToken: cancellationToken).ConfigureAwait(false);
        using var document = JsonDocument.Parse(answer);
        return document.RootElement.TryGetProperty("kind", out var kind) && kind.ValueEquals("Status") ? null : Decode(resource, answer);
    }

    public async Task DeleteCollectionAsync(
        ResourceInfo resource, string ns, ListOptions? selection = null, DeleteOptions? options = null, CancellationToken cancellationToken = default) =>
        await transport.SendForBytesAsync(
            HttpMethod.Delete, WithSelection(PathOf(resource, ns), selection), DeleteBody(options), cancellationToken: cancellationToken).ConfigureAwait(false);

    private async Task<KubeObject> WriteAsync(
        HttpMethod method, ResourceInfo resource, string path, KubeObject obj, WriteOptions? options, CancellationToken cancellationToken) =>
        Decode(resource, await transport.SendForBytesAsync(
            method, WithWrite(path, options), KubeTransport.Body(KubeJson.Write(obj), MediaTypes.Json), cancellationToken: cancellationToken).ConfigureAwait(false));

    private static KubeObject Decode(ResourceInfo resource, byte[] body) => KubeJson.Read(resource, body);

    private static ByteArrayContent? DeleteBody(DeleteOptions? options) =>
        options is null ? null : KubeTransport.Body(KubeJson.Write(options), MediaTypes.Json);

    private static string PathOf(ResourceInfo resource, string? ns, string? name = null, string? subresource = null) =>
        ApiPaths.Resource(resource.Group, resource.Version, resource.Plural, resource.Namespaced ? ns : null, name, subresource);

    private static string WithSelection(string path, ListOptions? options) => options is null
        ? path
        : ApiPaths.WithQuery(
            path,
            ("labelSelector", options.LabelSelector),
            ("fieldSelector", options.FieldSelector),
            ("limit", options.Limit?.ToString(CultureInfo.InvariantCulture)),
            ("continue", options.Continue),
            ("resourceVersion", options.ResourceVersion),
            ("resourceVersionMatch", options.ResourceVersionMatch));

    private static string WithWrite(string path, WriteOptions? options) => options is null
        ? path
        : ApiPaths.WithQuery(
            path,
            ("fieldManager", options.FieldManager),
            ("dryRun", options.DryRun ? "All" : null),
            ("force", options.Force ? "true" : null),
            ("fieldValidation", options.FieldValidation));
}
