namespace Kobune.ApiServer.Discovery;

/// <summary>v2 before v1 before v1beta1 before v1alpha1; anything else by name.</summary>
internal sealed class VersionOrder : IComparer<string>
{
    public static readonly VersionOrder Instance = new();

    public int Compare(string? x, string? y)
    {
        var a = Rank(x!);
        var b = Rank(y!);
        return a == b ? string.CompareOrdinal(y, x) : a.CompareTo(b);
    }

    private static (int Stability, int Major, int Minor) Rank(string version)
    {
        if (version.Length < 2 || version[0] != 'v')
        {
            return (-1, 0, 0);
        }

        var at = 1;
        var major = Number(version, ref at);
        if (at == version.Length)
        {
            return (2, major, 0);
        }

        var (stability, length) = version.AsSpan(at).StartsWith("beta") ? (1, 4) : version.AsSpan(at).StartsWith("alpha") ? (0, 5) : (-1, 0);
        at += length;
        return (stability, major, Number(version, ref at));
    }

    private static int Number(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return int.TryParse(text.AsSpan(start, at - start), System.Globalization.CultureInfo.InvariantCulture, out var value) ? value : 0;
    }
}
