namespace Kobune.Hosting;

/// <summary>
/// One line of the daemon's standard output while it starts: «begin TEXT», «end MILLISECONDS TEXT», «ready» or «failed TEXT».
/// The process that started it shows them; when that is gone, the lines are dropped.
/// </summary>
internal static class Progress
{
    public const string Ready = "ready";

    public static string Begin(string text) => $"begin {text}";

    public static string End(string text, TimeSpan took) => FormattableString.Invariant($"end {(long)took.TotalMilliseconds} {text}");

    public static string Failed(string text) => $"failed {text.ReplaceLineEndings(" ")}";
}
