namespace Kobune.Kubectl.Text;

/// <summary>Ages as tables show them: two or three significant figures, the finer unit only while it matters.</summary>
internal static class HumanDuration
{
    public static string Format(TimeSpan age)
    {
        var seconds = (long)age.TotalSeconds;
        if (seconds < -1)
        {
            return "<invalid>";
        }

        if (seconds < 0)
        {
            return "0s";
        }

        if (seconds < 120)
        {
            return $"{seconds}s";
        }

        var minutes = seconds / 60;
        if (minutes < 10)
        {
            return seconds % 60 == 0 ? $"{minutes}m" : $"{minutes}m{seconds % 60}s";
        }

        if (minutes < 180)
        {
            return $"{minutes}m";
        }

        var hours = seconds / 3600;
        if (hours < 8)
        {
            return minutes % 60 == 0 ? $"{hours}h" : $"{hours}h{minutes % 60}m";
        }

        if (hours < 48)
        {
            return $"{hours}h";
        }

        if (hours < 192)
        {
            return hours % 24 == 0 ? $"{hours / 24}d" : $"{hours / 24}d{hours % 24}h";
        }

        var days = hours / 24;
        if (days < 730)
        {
            return $"{days}d";
        }

        return days < 2920 && days % 365 != 0 ? $"{days / 365}y{days % 365}d" : $"{days / 365}y";
    }

    /// <summary>Age of a timestamp, or "&lt;unknown&gt;".</summary>
    public static string Since(DateTimeOffset? moment, TimeProvider time) =>
        moment is { } m ? Format(time.GetUtcNow() - m) : "<unknown>";
}
