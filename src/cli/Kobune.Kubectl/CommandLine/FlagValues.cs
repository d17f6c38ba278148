using System.Globalization;

namespace Kobune.Kubectl.CommandLine;

/// <summary>The values that a command line gave to its flags; the defaults for the others.</summary>
internal sealed class FlagValues(IReadOnlyDictionary<string, Flag> known)
{
    private readonly Dictionary<string, List<string>> _given = [];

    public bool Changed(string name) => _given.ContainsKey(name);

    public bool Has(string name) => known.ContainsKey(name);

    public string Text(string name) => _given.TryGetValue(name, out var values) ? values[^1] : known.TryGetValue(name, out var f) ? f.Default : "";

    /// <summary>The text, or null when it was not given or is empty.</summary>
    public string? TextOrNull(string name) => Text(name) is { Length: > 0 } text ? text : null;

    public bool Bool(string name) => Text(name) is "true" or "True" or "TRUE" or "1" or "t" or "T";

    public int Int(string name) => int.Parse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    public TimeSpan Duration(string name) => GoDuration.Parse(Text(name));

    public IReadOnlyList<string> List(string name)
    {
        if (_given.TryGetValue(name, out var values))
        {
            return values;
        }

        var value = known.TryGetValue(name, out var f) ? f.Default : "";
        return value.Length == 0 ? [] : value.Split(',');
    }

    /// <exception cref="CommandException">The text does not fit the flag's kind.</exception>
    internal void Set(Flag flag, string value)
    {
        Check(flag, value);
        if (flag.Kind == FlagKind.Bool && value is ("1" or "t" or "T" or "TRUE" or "True"))
        {
            value = "true";
        }

        if (!_given.TryGetValue(flag.Name, out var values))
        {
            _given[flag.Name] = values = [];
        }

        if (flag.Kind == FlagKind.List)
        {
            values.AddRange(value.Split(','));
        }
        else
        {
            values.Add(value);
        }
    }

    private static void Check(Flag flag, string value)
    {
        var problem = flag.Kind switch
        {
            FlagKind.Bool when value is not ("true" or "false" or "True" or "False" or "TRUE" or "FALSE" or "1" or "0" or "t" or "f" or "T" or "F")
                => $"strconv.ParseBool: parsing {GoText.Quote(value)}: invalid syntax",
            FlagKind.Int when !int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
                => $"strconv.ParseInt: parsing {GoText.Quote(value)}: invalid syntax",
            FlagKind.Duration when !GoDuration.TryParse(value, out _) => $"time: invalid duration {GoText.Quote(value)}",
            _ => null,
        };
        if (problem is not null)
        {
            var name = flag.Short == '\0' ? $"--{flag.Name}" : $"-{flag.Short}, --{flag.Name}";
            throw new CommandException($"invalid argument {GoText.Quote(value)} for \"{name}\" flag: {problem}") { ShowUsageHint = true };
        }
    }
}
