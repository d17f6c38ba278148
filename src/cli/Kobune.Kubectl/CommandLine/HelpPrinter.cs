using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.CommandLine;

/// <summary>Prints a verb's help in the layout that kubectl users know: explanation, examples, options, usage.</summary>
internal static class HelpPrinter
{
    public static void Print(Command command, Command root, TextWriter output)
    {
        output.WriteLine(command.Long.Length > 0 ? command.Long.Trim() : command.Short + ".");
        output.WriteLine();
        if (command.Aliases.Count > 0)
        {
            output.WriteLine("Aliases:");
            output.WriteLine(string.Join(", ", command.Aliases.Prepend(command.Name)));
            output.WriteLine();
        }

        PrintExamples(command, root, output);
        if (command == root)
        {
            PrintGroups(output, root);
        }
        else if (command.Commands.Count > 0)
        {
            output.WriteLine("Available Commands:");
            PrintList(output, command.Commands);
            output.WriteLine();
        }

        var flags = command.Flags.Where(f => !f.Hidden).OrderBy(f => f.Name, StringComparer.Ordinal).ToArray();
        if (flags.Length > 0)
        {
            output.WriteLine("Options:");
            PrintFlags(flags, output);
        }

        PrintUsage(command, root, output);
    }

    public static void PrintFlags(IEnumerable<Flag> flags, TextWriter output)
    {
        foreach (var flag in flags)
        {
            var letter = flag.Short == '\0' ? "" : $"-{flag.Short}, ";
            output.WriteLine($"    {letter}--{flag.Name}={Shown(flag)}:");
            output.WriteLine("\t" + flag.Help);
            output.WriteLine();
        }
    }

    private static string Shown(Flag flag) => flag.Kind switch
    {
        FlagKind.String => $"'{flag.Default}'",
        FlagKind.List or FlagKind.Array => $"[{flag.Default}]",
        _ => flag.Default,
    };

    private static void PrintExamples(Command command, Command root, TextWriter output)
    {
        if (command.Examples.Length == 0)
        {
            return;
        }

        output.WriteLine("Examples:");
        foreach (var line in command.Examples.Trim('\n').Split('\n'))
        {
            output.WriteLine(("  " + WithProgramName(line, root)).TrimEnd());
        }

        output.WriteLine();
    }

    private static void PrintUsage(Command command, Command root, TextWriter output)
    {
        output.WriteLine("Usage:");
        if (command == root)
        {
            output.WriteLine($"  {root.Name} [flags] [options]");
        }
        else
        {
            var flags = command.Flags.Count > 0 && !command.Usage.Contains("[options]", StringComparison.Ordinal) ? " [options]" : "";
            var usage = command.Usage.Length > 0 ? " " + command.Usage : "";
            output.WriteLine(command.Commands.Count > 0 && command.Run is null
                ? $"  {command.FullName} SUBCOMMAND [options]"
                : $"  {command.FullName}{usage}{flags}");
        }

        output.WriteLine();
        if (command.Commands.Count > 0)
        {
            output.WriteLine($"Use \"{command.FullName} <command> --help\" for more information about a given command.");
        }

        output.WriteLine($"Use \"{root.Name} options\" for a list of global command-line options (applies to all commands).");
    }

    private static void PrintGroups(TextWriter output, Command root)
    {
        var grouped = CommandTree.Groups.SelectMany(g => g.Commands).ToHashSet();
        var others = root.Commands.Select(c => c.Name).Where(n => !grouped.Contains(n) && n != "options").ToArray();
        foreach (var (title, names) in CommandTree.Groups.Append((Title: "Other Commands:", Commands: others)))
        {
            output.WriteLine(title);
            PrintList(output, names.Select(root.Find).OfType<Command>());
            output.WriteLine();
        }
    }

    private static void PrintList(TextWriter output, IEnumerable<Command> commands)
    {
        var list = commands.ToArray();
        var width = Math.Max(13, list.Select(c => c.Name.Length).DefaultIfEmpty().Max());
        foreach (var command in list)
        {
            output.WriteLine($"  {command.Name.PadRight(width)}   {command.Short}");
        }
    }

    private static string WithProgramName(string line, Command root) =>
        root.Name == "kubectl" ? line : line.Replace("kubectl ", root.Name + " ", StringComparison.Ordinal);
}
