using System.Globalization;

namespace Kobune.Kubelet.Logs;

/// <summary>What of a log to show, as PodLogOptions has it.</summary>
internal sealed record LogOptions
{
    public bool Follow { get; init; }
    public bool Previous { get; init; }
    public bool Timestamps { get; init; }
    public long? TailLines { get; init; }
    public long? LimitBytes { get; init; }
    public DateTimeOffset? Since { get; init; }
    /// <summary>"Stdout" or "Stderr"; null is both.</summary>
    public string? Stream { get; init; }

    /// <param name="query">Of the request; null when a parameter is absent.</param>
    /// <param name="now">What sinceSeconds counts back from.</param>
    /// <exception cref="FormatException">With what is wrong.</exception>
    public static LogOptions FromQuery(Func<string, string?> query, DateTimeOffset now)
    {
        var sinceSeconds = Number(query, "sinceSeconds");
        return new LogOptions
        {
            Follow = Flag(query, "follow"),
            Previous = Flag(query, "previous"),
            Timestamps = Flag(query, "timestamps"),
            TailLines = Number(query, "tailLines"),
            LimitBytes = Number(query, "limitBytes"),
            Stream = query("stream") is "Stdout" or "Stderr" ? query("stream") : null,
            Since = sinceSeconds is { } seconds ? now.AddSeconds(-seconds)
                : query("sinceTime") is { Length: > 0 } text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
                : null,
        };
    }

    private static bool Flag(Func<string, string?> query, string name) => query(name) is "true" or "True" or "1" or "t" or "T" or "TRUE";

    private static long? Number(Func<string, string?> query, string name) =>
        query(name) is { Length: > 0 } text
            ? long.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= 0 ? value : throw new FormatException($"{name}: invalid value \"{text}\"")
            : null;
}
