namespace Kobune.EndToEnd.Harness;

/// <summary>Debian's docker-registry on an address of the test's own, filled by skopeo.</summary>
internal sealed class LocalRegistry : IAsyncDisposable
{
    private const string UntilInputEnds = "docker-registry serve \"$0\" & cat >/dev/null; kill $!; wait; rm -rf \"$1\"";

    private readonly string _folder;
    private readonly Running _process;

    private LocalRegistry(string folder, string address, Running process) => (_folder, Address, _process) = (folder, address, process);

    /// <summary>host:port</summary>
    public string Address { get; }

    public static async Task<LocalRegistry> StartAsync(string address, string? htpasswdFile = null)
    {
        var folder = Directory.CreateTempSubdirectory("kobune-registry-").FullName;
        var configuration = Path.Combine(folder, "config.yml");
        await File.WriteAllTextAsync(configuration, $"""
            version: 0.1
            log: {"{"} level: warn {"}"}
            storage:
              filesystem: {"{"} rootdirectory: {folder}/data {"}"}
            http: {"{"} addr: "{address}" {"}"}
            {(htpasswdFile is null ? "" : $"auth:\n  htpasswd: {{ realm: kobune, path: {htpasswdFile} }}")}
            """);
        // However this test run ends, its end of the pipe closes: then the registry goes, and its folder.
        var process = Shell.Start("/bin/sh", ["-c", UntilInputEnds, configuration, folder], typing: true);
        using var http = new HttpClient();
        await Wait.UntilAsync(async () =>
        {
            try
            {
                using var answer = await http.GetAsync($"http://{address}/v2/");
                return true;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, TimeSpan.FromSeconds(15), () => $"the registry does not answer: {process.Error}");
        return new LocalRegistry(folder, address, process);
    }

    /// <summary>Pushes an archive under a repository and tag, e.g. library/nginx:1.27.</summary>
    public async Task PushAsync(string archive, string repositoryAndTag) =>
        (await Shell.RunAsync("skopeo", ["copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false", $"docker-archive:{archive}", $"docker://{Address}/{repositoryAndTag}"])).Succeeded();

    public ValueTask DisposeAsync()
    {
        _process.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
        return ValueTask.CompletedTask;
    }
}
