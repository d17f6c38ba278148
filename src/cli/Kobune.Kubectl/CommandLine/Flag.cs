namespace Kobune.Kubectl.CommandLine;

/// <summary>How a flag's text is read: List splits at commas and accumulates, Array only accumulates.</summary>
internal enum FlagKind { Bool, String, Int, Duration, List, Array }

/// <summary>One flag, as data. <paramref name="NoValue"/> is what the flag means when it stands without "=value".</summary>
internal sealed record Flag(string Name, FlagKind Kind, string Default, string Help, char Short = '\0', string? NoValue = null)
{
    /// <summary>Understood, but not shown in the help.</summary>
    public bool Hidden { get; init; }

    public string? ValueWithoutArgument => NoValue ?? (Kind == FlagKind.Bool ? "true" : null);

    public static Flag Bool(string name, string help, char s = '\0', bool on = false) => new(name, FlagKind.Bool, on ? "true" : "false", help, s);

    public static Flag Text(string name, string help, char s = '\0', string value = "", string? noValue = null) =>
        new(name, FlagKind.String, value, help, s, noValue);

    public static Flag Int(string name, string help, int value, char s = '\0') =>
        new(name, FlagKind.Int, value.ToString(System.Globalization.CultureInfo.InvariantCulture), help, s);

    public static Flag Duration(string name, string help, string value = "0s", char s = '\0') => new(name, FlagKind.Duration, value, help, s);

    public static Flag List(string name, string help, char s = '\0', string value = "") => new(name, FlagKind.List, value, help, s);

    public static Flag Array(string name, string help, char s = '\0') => new(name, FlagKind.Array, "", help, s);
}
