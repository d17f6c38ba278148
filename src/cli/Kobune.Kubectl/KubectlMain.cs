using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Terminal;
using Kobune.Kubectl.Verbs;

namespace Kobune.Kubectl;

/// <summary>kubectl as a library: what <c>kubectl ARGS</c> does, with a console that may be a terminal or a test's.</summary>
public static class KubectlMain
{
    /// <summary>The verbs at the top, so that a host program can pass on what is one of them.</summary>
    public static IReadOnlyList<string> Verbs => [.. CommandTree.Build("kubectl").Commands.Select(c => c.Name)];

    /// <summary>Runs one command to its end.</summary>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="programName">How help and errors name the program.</param>
    /// <returns>The exit code: 0, 1 for errors, or what the verb defines (exec: the remote command's).</returns>
    public static async Task<int> RunAsync(
        string[] arguments, IKubectlConsole console, string programName = "kubectl", TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return await DispatchAsync(arguments, console, programName, time ?? TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (e.InnerException is null && e.Message.Contains("Broken pipe", StringComparison.Ordinal))
        {
            return 141;
        }
        finally
        {
            try
            {
                console.Out.Flush();
            }
            catch (IOException)
            {
                // Whoever read our output is gone; there is nobody to tell.
            }
        }
    }

    private static async Task<int> DispatchAsync(
        string[] arguments, IKubectlConsole console, string programName, TimeProvider time, CancellationToken cancellationToken)
    {
        var root = CommandTree.Build(programName);
        if (arguments is [CompletionVerb.Complete, ..])
        {
            return await CompletionVerb.CompleteAsync(root, arguments[1..], (verb, words) => Invoke(verb, words), console.Out).ConfigureAwait(false);
        }

        var (command, rest) = CommandTree.Resolve(root, arguments);
        if (command.Run is null && rest.Count > 0 && rest[0] is not ("-h" or "--help") && !rest[0].StartsWith('-'))
        {
            return UnknownCommand(command, root, rest[0], console);
        }

        if (command.Run is null || (command == root && rest.Count == 0))
        {
            HelpPrinter.Print(command, root, console.Out);
            return 0;
        }

        try
        {
            using var invocation = Invoke(command, rest);
            return await command.Run(invocation).ConfigureAwait(false);
        }
        catch (HelpRequestedException)
        {
            HelpPrinter.Print(command, root, console.Out);
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 130;
        }
        catch (Exception e) when (ErrorReporter.Describe(e, command) is { } message)
        {
            console.Out.Flush();
            console.Error.WriteLine(message);
            return e is CommandException failure ? failure.ExitCode : 1;
        }

        Invocation Invoke(Command verb, IReadOnlyList<string> words) =>
            new(verb, root, new FlagParser(verb.Flags.Concat(GlobalFlags.All)).Parse(words), console, time, cancellationToken);
    }

    private static int UnknownCommand(Command command, Command root, string name, IKubectlConsole console)
    {
        var suggestions = command.Commands.Where(c => Distance(c.Name, name) <= 2 || c.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase)).Select(c => c.Name).ToArray();
        var hint = suggestions.Length == 0 ? "" : "\n\nDid you mean this?\n" + string.Concat(suggestions.Select(s => $"\t{s}\n"));
        console.Error.WriteLine($"error: unknown command {GoText.Quote(name)} for {GoText.Quote(command.FullName)}{hint}");
        return 1;
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
            }
        }

        return row[^1];
    }
}
