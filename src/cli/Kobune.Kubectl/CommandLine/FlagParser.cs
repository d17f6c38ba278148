namespace Kobune.Kubectl.CommandLine;

/// <summary>
/// Reads a command line as pflag does: flags and arguments in any order, "--" ends the flags, one-letter flags may be
/// joined (-it), their value may follow directly (-nspace), after "=", or as the next argument.
/// </summary>
internal sealed class FlagParser
{
    private readonly Dictionary<string, Flag> _byName = [];
    private readonly Dictionary<char, Flag> _byLetter = [];

    public FlagParser(IEnumerable<Flag> flags)
    {
        foreach (var flag in flags)
        {
            _byName.TryAdd(flag.Name, flag);
            if (flag.Short != '\0')
            {
                _byLetter.TryAdd(flag.Short, flag);
            }
        }
    }

    /// <param name="arguments">What follows the command's name.</param>
    /// <returns>The flags, the arguments, and how many arguments stood before "--" (-1 without one).</returns>
    public ParsedLine Parse(IReadOnlyList<string> arguments)
    {
        var values = new FlagValues(_byName);
        var positional = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
            {
                var dash = positional.Count;
                positional.AddRange(arguments.Skip(i + 1));
                return new ParsedLine(values, positional, dash);
            }

            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                Long(argument, arguments, ref i, values);
            }
            else if (argument.Length > 1 && argument[0] == '-')
            {
                Cluster(argument, arguments, ref i, values);
            }
            else
            {
                positional.Add(argument);
            }
        }

        return new ParsedLine(values, positional, -1);
    }

    private void Long(string argument, IReadOnlyList<string> all, ref int i, FlagValues values)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? argument[2..] : argument[2..equals];
        if (!_byName.TryGetValue(name, out var flag))
        {
            throw name == "help" ? new HelpRequestedException() : new CommandException($"unknown flag: --{name}") { ShowUsageHint = true };
        }

        if (equals >= 0)
        {
            values.Set(flag, argument[(equals + 1)..]);
        }
        else if (flag.ValueWithoutArgument is { } implied)
        {
            values.Set(flag, implied);
        }
        else if (i + 1 < all.Count)
        {
            values.Set(flag, all[++i]);
        }
        else
        {
            throw new CommandException($"flag needs an argument: --{name}") { ShowUsageHint = true };
        }
    }

    private void Cluster(string argument, IReadOnlyList<string> all, ref int i, FlagValues values)
    {
        for (var at = 1; at < argument.Length; at++)
        {
            var letter = argument[at];
            if (!_byLetter.TryGetValue(letter, out var flag))
            {
                throw letter == 'h'
                    ? new HelpRequestedException()
                    : new CommandException($"unknown shorthand flag: '{letter}' in -{argument[at..]}") { ShowUsageHint = true };
            }

            if (at + 1 < argument.Length && argument[at + 1] == '=')
            {
                values.Set(flag, argument[(at + 2)..]);
                return;
            }

            if (flag.ValueWithoutArgument is { } implied)
            {
                values.Set(flag, implied);
                continue;
            }

            if (at + 1 < argument.Length)
            {
                values.Set(flag, argument[(at + 1)..]);
            }
            else if (i + 1 < all.Count)
            {
                values.Set(flag, all[++i]);
            }
            else
            {
                throw new CommandException($"flag needs an argument: '{letter}' in -{argument[at..]}") { ShowUsageHint = true };
            }

            return;
        }
    }
}

/// <summary>A command line taken apart. <paramref name="ArgumentsBeforeDash"/> is -1 when there was no "--".</summary>
internal sealed record ParsedLine(FlagValues Flags, IReadOnlyList<string> Arguments, int ArgumentsBeforeDash);
