using System.Globalization;
using System.Text;
using Kobune.Api;

namespace Kobune.ApiServer.Cel.Library;

/// <summary>size, type and the conversions between types; optionals.</summary>
internal static class Conversions
{
    public static void AddTo(Dictionary<string, CelFunction> globals, Dictionary<string, CelFunction> methods)
    {
        globals["size"] = methods["size"] = static (in CelArguments c) => Size(c.Subject);
        globals["type"] = static (in CelArguments c) => new CelTypeValue(CelTypes.NameOf(c[0]));
        globals["dyn"] = static (in CelArguments c) => c[0];
        globals["bool"] = static (in CelArguments c) => c[0] switch
        {
            bool b => b,
            "true" or "True" or "TRUE" or "t" or "1" => true,
            "false" or "False" or "FALSE" or "f" or "0" => false,
            _ => throw new CelException("type conversion error from 'string' to 'bool'"),
        };
        globals["int"] = static (in CelArguments c) => Int(c[0]);
        globals["uint"] = static (in CelArguments c) => UInt(c[0]);
        globals["double"] = static (in CelArguments c) => Double(c[0]);
        globals["string"] = static (in CelArguments c) => c[0] is ICelList or ICelMap or null ? throw CelArguments.NoOverload() : CelText.Of(c[0]);
        globals["bytes"] = static (in CelArguments c) => c[0] switch { byte[] b => b, string s => Encoding.UTF8.GetBytes(s), _ => throw CelArguments.NoOverload() };
        globals["timestamp"] = static (in CelArguments c) => c[0] switch
        {
            DateTimeOffset t => (object)t,
            string s when DateTimeOffset.TryParse(s, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => time.ToUniversalTime(),
            long seconds => DateTimeOffset.FromUnixTimeSeconds(seconds),
            _ => throw new CelException("invalid timestamp"),
        };
        globals["duration"] = static (in CelArguments c) => c[0] switch
        {
            TimeSpan t => (object)t,
            string s when GoDuration.TryParse(s, out var span) => span,
            long n => TimeSpan.FromSeconds(n),
            _ => throw new CelException("invalid duration"),
        };
        globals["optional.of"] = static (in CelArguments c) => CelOptional.Of(c[0]);
        globals["optional.none"] = static (in CelArguments _) => CelOptional.None;
        globals["optional.ofNonZeroValue"] = static (in CelArguments c) => IsZero(c[0]) ? CelOptional.None : CelOptional.Of(c[0]);
        methods["hasValue"] = static (in CelArguments c) => c.SelfAs<CelOptional>().HasValue;
        methods["value"] = static (in CelArguments c) => c.SelfAs<CelOptional>() is { HasValue: true } some ? some.Value : throw new CelException("optional.none() dereference");
        methods["or"] = static (in CelArguments c) => c.SelfAs<CelOptional>() is { HasValue: true } some ? some : c[0];
        methods["orValue"] = static (in CelArguments c) => c.SelfAs<CelOptional>() is { HasValue: true } some ? some.Value : c[0];
    }

    public static long Size(object? value) => value switch
    {
        string s => s.EnumerateRunes().Count(),
        byte[] b => b.Length,
        ICelList l => l.Count,
        ICelMap m => m.Count,
        _ => throw CelArguments.NoOverload(),
    };

    private static bool IsZero(object? value) => value switch
    {
        null or false or 0L or 0UL or 0d or "" => true,
        ICelList l => l.Count == 0,
        ICelMap m => m.Count == 0,
        byte[] b => b.Length == 0,
        _ => false,
    };

    private static long Int(object? value) => value switch
    {
        long n => n,
        ulong u => u <= long.MaxValue ? (long)u : throw new CelException("integer overflow"),
        double d => d is > -9.3e18 and < 9.2e18 ? (long)d : throw new CelException("integer overflow"),
        string s => long.TryParse(s, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : throw new CelException("type conversion error from 'string' to 'int'"),
        DateTimeOffset t => t.ToUnixTimeSeconds(),
        TimeSpan t => t.Ticks * 100,
        _ => throw CelArguments.NoOverload(),
    };

    private static ulong UInt(object? value) => value switch
    {
        ulong u => u,
        long n => n >= 0 ? (ulong)n : throw new CelException("unsigned integer overflow"),
        double d => d is >= 0 and < 1.8e19 ? (ulong)d : throw new CelException("unsigned integer overflow"),
        string s => ulong.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : throw new CelException("type conversion error from 'string' to 'uint'"),
        _ => throw CelArguments.NoOverload(),
    };

    private static double Double(object? value) => value switch
    {
        double d => d,
        long n => n,
        ulong u => u,
        string s => double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) ? d : throw new CelException("type conversion error from 'string' to 'double'"),
        _ => throw CelArguments.NoOverload(),
    };
}
