namespace Kobune.Kubectl.CommandLine;

/// <summary>A failure that is told as "error: MESSAGE"; the command ends with <see cref="ExitCode"/>.</summary>
internal sealed class CommandException(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>Adds "See 'kubectl VERB --help' for usage."</summary>
    public bool ShowUsageHint { get; init; }

    /// <summary>The message is complete: nothing is put before it.</summary>
    public bool Verbatim { get; init; }

    /// <summary>Wrong arguments: the reason, then where help is.</summary>
    public static CommandException Usage(Invocation invocation, string message) =>
        new($"{message}\nSee '{invocation.Command.FullName} -h' for help and examples");
}

/// <summary>-h or --help stood on the command line.</summary>
internal sealed class HelpRequestedException : Exception;
