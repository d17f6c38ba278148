using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl completion, and the hidden verb that the scripts call with the words typed so far.</summary>
internal static class CompletionVerb
{
    public const string Complete = "__complete";

    public static readonly Command Definition = new("completion", "Output shell completion code for the specified shell (bash, zsh, or fish)")
    {
        Usage = "SHELL",
        Examples = """
            # For this bash
            source <(kubectl completion bash)

            # For every zsh
            kubectl completion zsh > "${fpath[1]}/_kubectl"

            # For fish
            kubectl completion fish | source
            """,
        Run = i =>
        {
            if (i.Arguments.Count != 1)
            {
                throw CommandException.Usage(i, i.Arguments.Count == 0 ? "Shell not specified." : "Too many arguments. Expected only the shell type.");
            }

            var program = i.Root.Name;
            var function = "__" + program.Replace(' ', '_').Replace('.', '_').Replace('/', '_');
            i.Out.Write(i.Arguments[0] switch
            {
                "bash" => Bash(program, function),
                "zsh" => Zsh(program, function),
                "fish" => Fish(program, function),
                var other => throw CommandException.Usage(i, $"Unsupported shell type {GoText.Quote(other)}."),
            });
            return Task.FromResult(0);
        },
    };

    /// <summary>Prints candidates for the last of the words, one per line.</summary>
    public static async Task<int> CompleteAsync(Command root, IReadOnlyList<string> words, Func<Command, IReadOnlyList<string>, Invocation> invoke, TextWriter output)
    {
        var last = words.Count == 0 ? "" : words[^1];
        var (command, rest) = CommandTree.Resolve(root, [.. words.SkipLast(1)]);
        IEnumerable<string> candidates;
        if (last.StartsWith('-'))
        {
            candidates = command.Flags.Concat(GlobalFlags.All).Select(f => "--" + f.Name);
        }
        else if (command.Commands.Count > 0 && rest.All(r => r.StartsWith('-')))
        {
            candidates = command.Commands.Select(c => c.Name);
        }
        else
        {
            candidates = await ArgumentsAsync(command, rest, last, invoke).ConfigureAwait(false);
        }

        foreach (var candidate in candidates.Where(c => c.StartsWith(last, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal))
        {
            output.WriteLine(candidate);
        }

        return 0;
    }

    private static async Task<IEnumerable<string>> ArgumentsAsync(Command command, IReadOnlyList<string> rest, string last, Func<Command, IReadOnlyList<string>, Invocation> invoke)
    {
        string[] podVerbs = ["logs", "exec", "attach", "port-forward"];
        string[] nodeVerbs = ["cordon", "uncordon", "drain"];
        using var i = invoke(command, rest);
        var type = podVerbs.Contains(command.Name) ? "pods" : nodeVerbs.Contains(command.Name) ? "nodes" : i.Arguments.FirstOrDefault();
        if (type is null)
        {
            return last.Contains('/', StringComparison.Ordinal)
                ? (await NamesAsync(i, last[..last.IndexOf('/', StringComparison.Ordinal)]).ConfigureAwait(false)).Select(n => $"{last[..last.IndexOf('/', StringComparison.Ordinal)]}/{n}")
                : ResourceInfo.BuiltIns.Where(r => r.Verbs.Count > 0).Select(r => r.Plural);
        }

        return await NamesAsync(i, type).ConfigureAwait(false);
    }

    private static async Task<IEnumerable<string>> NamesAsync(Invocation i, string type)
    {
        try
        {
            var mapping = await i.Cluster.Mapper.ByArgumentAsync(type, i.Cancellation).ConfigureAwait(false);
            var list = await i.Cluster.GetAsync(mapping.Path(i.Namespace), i.Cancellation).ConfigureAwait(false);
            return [.. ResourceFinder.ItemsOf(list).Select(o => o.Name())];
        }
        catch (Exception e) when (e is KubeStatusException or CommandException or HttpRequestException or Kobune.Client.Config.KubeConfigException)
        {
            return [];
        }
    }

    private static string Bash(string program, string function) => $$"""
        # bash completion for {{program}}
        {{function}}_complete() {
            local IFS=$'\n'
            COMPREPLY=( $({{program}} __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) )
        }
        complete -o default -F {{function}}_complete {{program}}

        """;

    private static string Zsh(string program, string function) => $$"""
        #compdef {{program}}
        {{function}}_complete() {
            local -a candidates
            candidates=("${(@f)$({{program}} __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            compadd -- $candidates
        }
        compdef {{function}}_complete {{program}}

        """;

    private static string Fish(string program, string function) => $$"""
        # fish completion for {{program}}
        function {{function}}_complete
            set -l words (commandline -opc) (commandline -ct)
            {{program}} __complete $words[2..-1] 2>/dev/null
        end
        complete -c {{program}} -f -a '({{function}}_complete)'

        """;
}
