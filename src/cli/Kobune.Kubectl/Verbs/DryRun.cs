using Kobune.Kubectl.CommandLine;

namespace Kobune.Kubectl.Verbs;

/// <summary>--dry-run: nothing is sent (client), or the server does everything but store it.</summary>
internal static class DryRun
{
    public const string None = "none";
    public const string Client = "client";
    public const string Server = "server";

    public static readonly Flag Flag = CommandLine.Flag.Text(
        "dry-run", "Must be \"none\", \"server\" or \"client\". Client: only print what would be sent. Server: send it, but do not keep it.", value: None, noValue: "unchanged");

    public static string Of(Invocation i)
    {
        if (!i.Flags.Has("dry-run"))
        {
            return None;
        }

        switch (i.Flags.Text("dry-run"))
        {
            case None or Client or Server:
                return i.Flags.Text("dry-run");
            case "unchanged":
                throw new CommandException("--dry-run flag without a value was specified. A value must be set: \"none\", \"server\", or \"client\".");
            default:
                throw new CommandException($"Invalid dry-run value ({i.Flags.Text("dry-run")}). Must be \"none\", \"server\", or \"client\".");
        }
    }

    /// <summary>What follows a result: " (dry run)".</summary>
    public static string Suffix(Invocation i) => Of(i) switch { Client => " (dry run)", Server => " (server dry run)", _ => "" };

    /// <summary>The query parameter for the server: "All" or none.</summary>
    public static string? Query(Invocation i) => Of(i) == Server ? "All" : null;
}
