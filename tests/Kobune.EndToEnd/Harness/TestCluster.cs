using System.Text.Json;

namespace Kobune.EndToEnd.Harness;

/// <summary>
/// A cluster of the test's own, made by ./kobune up as a newcomer would: isolated, so that no packet leaves this machine,
/// with a registry on its bridge that answers for every image. Whatever an earlier run left behind goes first.
/// </summary>
public sealed class TestCluster : IAsyncLifetime
{
    private const string Mirror = "http://host.kobune.internal:5000";
    private static readonly TimeSpan BuildAndUp = TimeSpan.FromMinutes(8);

    private readonly string _folder = Directory.CreateTempSubdirectory("kobune-e2e-").FullName;
    private LocalRegistry? _registry;

    public string Name { get; } = "e2e";

    public string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    internal Dictionary<string, string> Environment => new()
    {
        ["KUBECONFIG"] = Kubeconfig,
        ["HOME"] = _folder,
        ["DOTNET_CLI_HOME"] = System.Environment.GetEnvironmentVariable("DOTNET_CLI_HOME") ?? System.Environment.GetEnvironmentVariable("HOME") ?? "/root",
        ["NUGET_PACKAGES"] = System.Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(System.Environment.GetEnvironmentVariable("HOME") ?? "/root", ".nuget", "packages"),
        ["EDITOR"] = "true",
    };

    /// <summary>Why no cluster can be made here, or null.</summary>
    public static string? Unavailable => System.Environment.UserName == "root" ? null : "a node needs root";

    /// <summary>A folder of the test run's own; HOME is there.</summary>
    internal string Folder => _folder;

    internal LocalRegistry Registry => _registry ?? throw new InvalidOperationException("the cluster is not up");

    public async ValueTask InitializeAsync()
    {
        if (Unavailable is not null)
        {
            return;
        }
        await KobuneAsync("down", "--purge");
        (await UpAsync()).Succeeded();
        var config = JsonDocument.Parse(await File.ReadAllTextAsync($"/var/lib/kobune/{Name}/cluster.json")).RootElement;
        _registry = await LocalRegistry.StartAsync($"10.89.{config.GetProperty("Index").GetInt32()}.1:5000");
        var archive = Path.Combine(_folder, "nginx.tar");
        await using (var file = File.Create(archive))
        {
            TestImages.Nginx(file, "nginx:1.27");
        }
        await _registry.PushAsync(archive, "library/nginx:1.27");
    }

    public async ValueTask DisposeAsync()
    {
        if (Unavailable is null)
        {
            if (System.Environment.GetEnvironmentVariable("KOBUNE_KEEP") is null)
            {
                await KobuneAsync("down", "--purge");
            }
            if (_registry is not null)
            {
                await _registry.DisposeAsync();
            }
        }
        Directory.Delete(_folder, recursive: true);
    }

    internal Task<Finished> UpAsync() => Shell.RunAsync(
        Path.Combine(RepositoryRoot, "kobune"), ["up", "--name", Name, "--isolated", "--registry-mirror", Mirror], Environment, limit: BuildAndUp);

    /// <param name="verb">One of the cluster's own verbs, such as "down" or "image load".</param>
    /// <param name="arguments">What follows its --name.</param>
    internal Task<Finished> KobuneAsync(string verb, params string[] arguments) => Shell.RunAsync(
        Path.Combine(RepositoryRoot, "kobune"), [.. verb.Split(' '), "--name", Name, .. arguments], Environment, limit: BuildAndUp);

    /// <summary>The environment in which «kubectl» is Debian's, or ours, as a link of that name to ./kobune.</summary>
    internal Dictionary<string, string> EnvironmentOf(bool ours)
    {
        var environment = Environment;
        if (ours)
        {
            var folder = Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName;
            if (!File.Exists(Path.Combine(folder, "kubectl")))
            {
                File.CreateSymbolicLink(Path.Combine(folder, "kubectl"), Path.Combine(RepositoryRoot, "kobune"));
            }
            environment["PATH"] = folder + ":" + System.Environment.GetEnvironmentVariable("PATH");
        }
        return environment;
    }

    internal static string RepositoryRoot { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Kobune.slnx")))
            {
                return folder;
            }
        }
        throw new InvalidOperationException("not inside the repository");
    }
}
