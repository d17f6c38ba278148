using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Kobune.Client.Config;
using Kobune.Client.Http;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Cluster;

/// <summary>The connection of one command to its cluster, in JSON trees: custom resources and built-in ones look the same here.</summary>
internal sealed class ClusterSession : IDisposable
{
    private ClusterSession(ClientConfig config, KubeTransport transport)
    {
        Config = config;
        Transport = transport;
        Discovery = new Discovery(this);
        Mapper = new ResourceMapper(Discovery);
    }

    public ClientConfig Config { get; }

    public KubeTransport Transport { get; }

    public Discovery Discovery { get; }

    public ResourceMapper Mapper { get; }

    public string Namespace => Config.Namespace;

    public static ClusterSession Open(Invocation invocation)
    {
        var config = ClientConfigResolver.Resolve(
            KubeConfig.Load(invocation.Flags.TextOrNull("kubeconfig")), GlobalFlags.Overrides(invocation.Flags)) with
        {
            UserAgent = "kubectl/v1.36.0 (linux) kobune",
            PreferHttp2 = false,
            ShortLived = true,
        };
        if (config.CertificateAuthorities is not null && !Environment.GetCommandLineArgs().Any(a => a.Contains("://", StringComparison.Ordinal)))
        {
            SystemTrust.LeaveUnread(); // unless a manifest comes from the web
        }

        var warnings = new List<string>();
        var transport = new KubeTransport(config, invocation.Time)
        {
            OnWarning = text =>
            {
                if (!warnings.Contains(text))
                {
                    warnings.Add(text);
                    invocation.Error.WriteLine("Warning: " + text);
                }
            },
            OnTrace = invocation.Flags.Int("v") >= 6 ? invocation.Error.WriteLine : null,
        };
        return new ClusterSession(config, transport);
    }

    public async Task<JsonObject> GetAsync(string path, string accept, CancellationToken cancellation) =>
        Parse(await Transport.SendForBytesAsync(HttpMethod.Get, path, accept: accept, cancellationToken: cancellation).ConfigureAwait(false));

    public Task<JsonObject> GetAsync(string path, CancellationToken cancellation) => GetAsync(path, MediaTypes.Json, cancellation);

    /// <summary>null instead of the exception when the object does not exist.</summary>
    public async Task<JsonObject?> TryGetAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return await GetAsync(path, cancellation).ConfigureAwait(false);
        }
        catch (Kobune.Api.KubeStatusException e) when (e.Status.Code == 404)
        {
            return null;
        }
    }

    public async Task<JsonObject> SendAsync(
        HttpMethod method, string path, JsonNode? body, CancellationToken cancellation, string mediaType = MediaTypes.Json, string accept = MediaTypes.Json)
    {
        using var content = body is null ? null : KubeTransport.Body(Encoding.UTF8.GetBytes(body.ToJsonString(JsonTree.Plain)), mediaType);
        return Parse(await Transport.SendForBytesAsync(method, path, content, accept, cancellation).ConfigureAwait(false));
    }

    public async Task<string> TextAsync(string path, CancellationToken cancellation) =>
        Encoding.UTF8.GetString(await Transport.SendForBytesAsync(HttpMethod.Get, path, accept: "*/*", cancellationToken: cancellation).ConfigureAwait(false));

    /// <summary>All pages of a list, as one list object.</summary>
    public async Task<JsonObject> ListAsync(string path, string accept, int chunk, CancellationToken cancellation)
    {
        var first = await GetAsync(WithLimit(path, chunk, null), accept, cancellation).ConfigureAwait(false);
        var member = first.ContainsKey("rows") ? "rows" : "items";
        for (var token = first.Text("metadata", "continue"); token.Length > 0;)
        {
            var page = await GetAsync(WithLimit(path, chunk, token), accept, cancellation).ConfigureAwait(false);
            var items = page[member] as JsonArray ?? [];
            page.Remove(member);
            var all = first[member] as JsonArray ?? [];
            while (items.Count > 0)
            {
                var item = items[0];
                items.RemoveAt(0);
                all.Add(item);
            }

            token = page.Text("metadata", "continue");
            first["metadata"] = page["metadata"]?.DeepClone();
        }

        return first;
    }

    /// <summary>The events of a watch: type and object.</summary>
    public async IAsyncEnumerable<(string Type, JsonObject Object)> WatchAsync(
        string path, string accept, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var response = await Transport.SendAsync(HttpMethod.Get, path, accept: accept, cancellationToken: cancellation).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await foreach (var line in LineReader.ReadAsync(stream, cancellation).ConfigureAwait(false))
        {
            var change = Parse(line.ToArray());
            yield return (change.Text("type"), change["object"] as JsonObject ?? []);
        }
    }

    public void Dispose() => Transport.Dispose();

    private static string WithLimit(string path, int chunk, string? token) =>
        ApiPaths.WithQuery(path, ("limit", chunk > 0 ? chunk.ToString(System.Globalization.CultureInfo.InvariantCulture) : null), ("continue", token));

    private static JsonObject Parse(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject ?? [];
        }
        catch (System.Text.Json.JsonException e)
        {
            throw new CommandException($"couldn't get version/kind; json parse error: {e.Message}");
        }
    }
}
