namespace Kobune.Api;

using System.Globalization;
using System.Text;
using System.Text.Json;

/// <summary>
/// Block-style YAML as kubectl prints it: keys sorted, list items at the column of their key, long scalars folded after
/// column 80, multi-line text as literal blocks.
/// </summary>
internal sealed class YamlWriter
{
    private const int Indent = 2;
    private readonly StringBuilder _text = new();

    public override string ToString() => _text.ToString();

    internal void Document(JsonElement root)
    {
        Value(root, 0, inList: false, root: true);
        if (_text[^1] != '\n')
        {
            _text.Append('\n');
        }
    }

    private void Value(JsonElement value, int indent, bool inList, bool root = false)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().Any():
                Mapping(value, indent, startOnNewLine: !inList && !root);
                break;
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                Sequence(value, indent, startOnNewLine: !inList && !root);
                break;
            default:
                if (!root)
                {
                    _text.Append(' ');
                }

                YamlScalarWriter.Write(_text, value, indent);
                break;
        }
    }

    private void Mapping(JsonElement map, int indent, bool startOnNewLine)
    {
        var first = !startOnNewLine;
        foreach (var property in map.EnumerateObject().OrderBy(p => p.Name, YamlKeyOrder.Instance))
        {
            if (!first)
            {
                NewLine(indent);
            }

            first = false;
            var simple = Encoding.UTF8.GetByteCount(property.Name) <= 128;
            _text.Append(simple ? "" : "? ");
            YamlScalarWriter.WriteKey(_text, property.Name, indent, simple);
            if (!simple)
            {
                NewLine(indent);
            }

            _text.Append(':');

            // A list under a key is not indented; anything else is.
            var deeper = property.Value.ValueKind == JsonValueKind.Array ? indent : indent + Indent;
            Value(property.Value, deeper, inList: false);
        }
    }

    private void Sequence(JsonElement list, int indent, bool startOnNewLine)
    {
        var first = !startOnNewLine;
        foreach (var item in list.EnumerateArray())
        {
            if (!first)
            {
                NewLine(indent);
            }

            first = false;
            _text.Append('-');
            var compact = (item.ValueKind == JsonValueKind.Object && item.EnumerateObject().Any())
                || (item.ValueKind == JsonValueKind.Array && item.GetArrayLength() > 0);
            if (compact)
            {
                _text.Append(' ');
            }

            Value(item, indent + Indent, inList: true);
        }
    }

    private void NewLine(int indent)
    {
        if (_text.Length > 0 && _text[^1] != '\n')
        {
            _text.Append('\n');
        }

        _text.Append(' ', indent);
    }
}

/// <summary>Natural order: digits compare as numbers, and what is no letter comes before letters.</summary>
internal sealed class YamlKeyOrder : IComparer<string>
{
    internal static readonly YamlKeyOrder Instance = new();

    public int Compare(string? x, string? y)
    {
        var (a, b) = (x!, y!);
        for (var i = 0; i < a.Length && i < b.Length; i++)
        {
            if (a[i] == b[i])
            {
                continue;
            }

            bool al = char.IsLetter(a[i]), bl = char.IsLetter(b[i]);
            if (al && bl)
            {
                return a[i].CompareTo(b[i]);
            }

            if (al || bl)
            {
                return bl ? -1 : 1;
            }

            return Digits(a, b, i);
        }

        return a.Length.CompareTo(b.Length);
    }

    private static int Digits(string a, string b, int i)
    {
        if (a[i] == '0' || b[i] == '0')
        {
            // Inside a number that began earlier, a zero is just a digit.
            for (var j = i - 1; j >= 0 && char.IsAsciiDigit(a[j]); j--)
            {
                if (a[j] != '0')
                {
                    return Numbers(a, b, j);
                }
            }
        }

        return Numbers(a, b, i);
    }

    private static int Numbers(string a, string b, int i)
    {
        var (an, ae) = Run(a, i);
        var (bn, be) = Run(b, i);
        return an != bn ? an.CompareTo(bn) : ae != be ? ae.CompareTo(be) : a[i].CompareTo(b[i]);
    }

    private static (long Value, int End) Run(string s, int i)
    {
        long value = 0;
        while (i < s.Length && char.IsAsciiDigit(s[i]))
        {
            value = unchecked((value * 10) + (s[i++] - '0'));
        }

        return (value, i);
    }
}
