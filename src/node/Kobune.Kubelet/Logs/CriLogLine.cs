namespace Kobune.Kubelet.Logs;

/// <summary>One line of a container log: `2026-11-21T08:00:00.123456789Z stdout F text`.</summary>
internal readonly ref struct CriLogLine
{
    public ReadOnlySpan<byte> Time { get; private init; }
    public bool Stderr { get; private init; }
    /// <summary>The runtime cut a long line here; what follows belongs to it.</summary>
    public bool Partial { get; private init; }
    public ReadOnlySpan<byte> Content { get; private init; }

    /// <param name="line">Without its line feed.</param>
    /// <param name="parsed">Its parts.</param>
    public static bool TryParse(ReadOnlySpan<byte> line, out CriLogLine parsed)
    {
        parsed = default;
        var first = line.IndexOf((byte)' ');
        if (first < 0)
        {
            return false;
        }

        var rest = line[(first + 1)..];
        var second = rest.IndexOf((byte)' ');
        if (second < 0)
        {
            return false;
        }

        var tail = rest[(second + 1)..];
        var third = tail.IndexOf((byte)' ');
        var tags = third < 0 ? tail : tail[..third];
        parsed = new CriLogLine
        {
            Time = line[..first],
            Stderr = rest[..second].SequenceEqual("stderr"u8),
            Partial = tags.StartsWith("P"u8),
            Content = third < 0 ? default : tail[(third + 1)..],
        };
        return true;
    }
}
