using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Documents;

/// <summary>A person at bash who follows a document with one of the two kubectls; shell variables last from command to command.</summary>
internal sealed class Document(TestCluster cluster, bool ours)
{
    private readonly Dictionary<string, string> _environment = cluster.EnvironmentOf(ours);

    public string this[string variable]
    {
        get => _environment[variable];
        set => _environment[variable] = value;
    }

    /// <summary>A command as printed; it must succeed. What it printed on both streams.</summary>
    public async Task<string> RunAsync(string command, TimeSpan? limit = null) =>
        (await TryAsync(command, limit)).Succeeded().All;

    /// <summary>
    /// What a command printed on its standard output. For exact comparisons of exec: kubectl before 1.33 may complain on standard error
    /// ("Unknown stream id 1") when the server's empty first frame overtakes the making of its streams; nothing is lost by it.
    /// </summary>
    public async Task<string> OutputAsync(string command) => (await TryAsync(command)).Succeeded().Output;

    public Task<Finished> TryAsync(string command, TimeSpan? limit = null) =>
        Shell.RunAsync("bash", ["-c", command], _environment, limit: limit ?? TimeSpan.FromSeconds(60));

    /// <summary>VARIABLE=$(command)</summary>
    public async Task<string> SetAsync(string variable, string command) =>
        _environment[variable] = (await TryAsync(command)).Succeeded().Output.TrimEnd('\n');

    /// <summary>A command that goes on until disposed, as with «&amp;», or ended by Ctrl+C.</summary>
    public Running Start(string command) => Shell.Start("bash", ["-c", "exec " + command], _environment);

    /// <summary>A command at a terminal.</summary>
    public Terminal Terminal(string command) => new(command, _environment);

    /// <summary>Waits until the command prints what is waited for.</summary>
    public Task UntilAsync(string command, Func<string, bool> condition, TimeSpan limit)
    {
        var last = new Finished(-1, "", "");
        return Wait.UntilAsync(
            async () => (last = await TryAsync(command)).ExitCode == 0 && condition(last.All),
            limit, () => $"{command} prints: {last.All}");
    }
}
