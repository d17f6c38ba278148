using System.Globalization;
using System.Text;
using Kobune.ApiServer.CustomResources.Schemas;

namespace Kobune.ApiServer.Cel.Library;

/// <summary>Strings: the standard functions, the strings extension, regular expressions, base64.</summary>
internal static class TextFunctions
{
    public static void AddTo(Dictionary<string, CelFunction> globals, Dictionary<string, CelFunction> methods)
    {
        methods["contains"] = static (in CelArguments c) => Spent(c).Contains(c.As<string>(0), StringComparison.Ordinal);
        methods["startsWith"] = static (in CelArguments c) => c.SelfAs<string>().StartsWith(c.As<string>(0), StringComparison.Ordinal);
        methods["endsWith"] = static (in CelArguments c) => c.SelfAs<string>().EndsWith(c.As<string>(0), StringComparison.Ordinal);
        methods["matches"] = static (in CelArguments c) => Matches(c, c.SelfAs<string>(), c.As<string>(0));
        globals["matches"] = static (in CelArguments c) => Matches(c, c.As<string>(0), c.As<string>(1));
        methods["charAt"] = static (in CelArguments c) => CharAt(c.SelfAs<string>(), c.As<long>(0));
        methods["lowerAscii"] = static (in CelArguments c) => Changed(Spent(c), char.ToLowerInvariant);
        methods["upperAscii"] = static (in CelArguments c) => Changed(Spent(c), char.ToUpperInvariant);
        methods["trim"] = static (in CelArguments c) => Spent(c).Trim();
        methods["replace"] = static (in CelArguments c) => Replace(Spent(c), c.As<string>(0), c.As<string>(1), c.Count > 2 ? c.As<long>(2) : -1);
        methods["split"] = static (in CelArguments c) => Split(Spent(c), c.As<string>(0), c.Count > 1 ? c.As<long>(1) : -1);
        methods["substring"] = static (in CelArguments c) => Substring(c.SelfAs<string>(), c.As<long>(0), c.Count > 1 ? c.As<long>(1) : null);
        methods["join"] = static (in CelArguments c) => Join(c.SelfAs<ICelList>(), c.Count > 0 ? c.As<string>(0) : "");
        methods["format"] = static (in CelArguments c) => Format(c.SelfAs<string>(), c.As<ICelList>(0));
        methods["find"] = static (in CelArguments c) => Pattern(c.As<string>(0)).Match(Spent(c)) is { Success: true } m ? m.Value : "";
        methods["findAll"] = static (in CelArguments c) =>
        {
            var found = Pattern(c.As<string>(0)).Matches(Spent(c)).Select(m => (object?)m.Value);
            return new CelItems([.. c.Count > 1 && c.As<long>(1) >= 0 ? found.Take((int)c.As<long>(1)) : found]);
        };
        globals["strings.quote"] = static (in CelArguments c) => "\"" + c.As<string>(0).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";
        globals["base64.encode"] = static (in CelArguments c) => Convert.ToBase64String(c.As<byte[]>(0));
        globals["base64.decode"] = static (in CelArguments c) => Decode(c.As<string>(0));
    }

    private static string Spent(in CelArguments c)
    {
        var text = c.SelfAs<string>();
        c.Budget.Spend(text.Length / 10);
        return text;
    }

    private static string Changed(string text, Func<char, char> change) => string.Concat(text.Select(c => char.IsAscii(c) ? change(c) : c));

    private static bool Matches(in CelArguments c, string text, string pattern)
    {
        c.Budget.Spend((text.Length / 10) + pattern.Length);
        return Pattern(pattern).IsMatch(text);
    }

    private static System.Text.RegularExpressions.Regex Pattern(string pattern)
    {
        try
        {
            return Patterns.Of(pattern);
        }
        catch (ArgumentException e)
        {
            throw new CelException($"error parsing regexp: {e.Message}");
        }
    }

    private static byte[] Decode(string text)
    {
        try
        {
            return Convert.FromBase64String(text.PadRight(text.Length + ((4 - (text.Length % 4)) % 4), '='));
        }
        catch (FormatException)
        {
            throw new CelException("illegal base64 data");
        }
    }

    private static string CharAt(string text, long index) =>
        index == text.Length ? "" : index >= 0 && index < text.Length ? text[(int)index].ToString() : throw new CelException($"index out of range: {index}");

    private static string Substring(string text, long start, long? end)
    {
        var to = end ?? text.Length;
        return start >= 0 && to <= text.Length && start <= to ? text[(int)start..(int)to] : throw new CelException($"index out of range: {start}");
    }

    private static string Replace(string text, string old, string with, long count)
    {
        if (count < 0 && old.Length > 0)
        {
            return text.Replace(old, with, StringComparison.Ordinal);
        }

        var result = new StringBuilder();
        var at = 0;
        while (count-- != 0 && old.Length > 0 && text.IndexOf(old, at, StringComparison.Ordinal) is >= 0 and var found)
        {
            result.Append(text, at, found - at).Append(with);
            at = found + old.Length;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    private static CelItems Split(string text, string separator, long count)
    {
        if (count == 0)
        {
            return new CelItems([]);
        }

        IEnumerable<string> parts = separator.Length == 0 ? text.EnumerateRunes().Select(r => r.ToString())
            : count < 0 ? text.Split(separator) : text.Split(separator, (int)Math.Min(count, int.MaxValue));
        return new CelItems([.. parts]);
    }

    private static string Join(ICelList list, string separator) =>
        string.Join(separator, Enumerable.Range(0, list.Count).Select(i => list[i] as string ?? throw CelArguments.NoOverload()));

    /// <summary>"%s is %d".format([…]): verbs s, d, f, e, x, X, o, b.</summary>
    private static string Format(string format, ICelList values)
    {
        var result = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                result.Append(format[i]);
                continue;
            }

            i++;
            if (i < format.Length && format[i] == '%')
            {
                result.Append('%');
                continue;
            }

            var digits = 6;
            if (i < format.Length && format[i] == '.')
            {
                var start = ++i;
                while (i < format.Length && char.IsAsciiDigit(format[i]))
                {
                    i++;
                }

                digits = int.TryParse(format.AsSpan(start, i - start), CultureInfo.InvariantCulture, out var given) ? Math.Min(given, 100) : 0;
            }

            if (i >= format.Length || next >= values.Count)
            {
                throw new CelException($"index {next} out of range");
            }

            result.Append(Verb(format[i], digits, values[next++]));
        }

        return result.ToString();
    }

    private static string Verb(char verb, int digits, object? value) => (verb, value) switch
    {
        ('s', ICelList or ICelMap) => CelJson.ToNode(value)!.ToJsonString(),
        ('s', _) => CelText.Of(value),
        ('d', long or ulong) => CelText.Of(value),
        ('f', double or long or ulong) => Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("F" + digits, CultureInfo.InvariantCulture),
        ('e', double or long or ulong) => Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("0." + new string('0', digits) + "e+00", CultureInfo.InvariantCulture),
        ('x', long n) => n.ToString("x", CultureInfo.InvariantCulture),
        ('X', long n) => n.ToString("X", CultureInfo.InvariantCulture),
        ('x', string s) => Convert.ToHexString(Encoding.UTF8.GetBytes(s)).ToLowerInvariant(),
        ('X', string s) => Convert.ToHexString(Encoding.UTF8.GetBytes(s)),
        ('o', long n) => Convert.ToString(n, 8),
        ('b', long n) => Convert.ToString(n, 2),
        ('b', bool b) => b ? "1" : "0",
        _ => throw new CelException($"could not parse formatting clause \"%{verb}\""),
    };
}
