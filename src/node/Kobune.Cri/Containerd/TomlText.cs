using System.Globalization;
using System.Text;

namespace Kobune.Cri.Containerd;

/// <summary>Writes the little TOML that containerd's configuration needs.</summary>
internal sealed class TomlText
{
    private readonly StringBuilder _text = new();

    internal TomlText Table(params ReadOnlySpan<string> path)
    {
        _text.Append('\n').Append('[');
        for (int i = 0; i < path.Length; i++)
            _text.Append(i == 0 ? "" : ".").Append(IsBare(path[i]) ? path[i] : Quote(path[i]));
        _text.Append("]\n");
        return this;
    }

    internal TomlText Set(string key, string value) => Line(key, Quote(value));

    internal TomlText Set(string key, bool value) => Line(key, value ? "true" : "false");

    internal TomlText Set(string key, int value) => Line(key, value.ToString(CultureInfo.InvariantCulture));

    internal TomlText Set(string key, IEnumerable<string> values) => Line(key, "[" + string.Join(", ", values.Select(Quote)) + "]");

    public override string ToString() => _text.ToString();

    private TomlText Line(string key, string value)
    {
        _text.Append(key).Append(" = ").Append(value).Append('\n');
        return this;
    }

    private static bool IsBare(string key) => key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    internal static string Quote(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in value)
        {
            if (c is '"' or '\\')
                quoted.Append('\\').Append(c);
            else if (char.IsControl(c))
                quoted.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
            else
                quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }
}
