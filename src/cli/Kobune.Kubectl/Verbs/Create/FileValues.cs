using System.Text;
using System.Text.RegularExpressions;
using Kobune.Kubectl.CommandLine;

namespace Kobune.Kubectl.Verbs.Create;

/// <summary>The key-value sources of config maps and secrets: --from-literal, --from-file, --from-env-file.</summary>
internal static partial class FileValues
{
    public static readonly IReadOnlyList<Flag> Flags =
    [
        Flag.List("from-env-file", "File with lines KEY=value."),
        Flag.List("from-file", "File, KEY=file, or directory whose files become keys."),
        Flag.Array("from-literal", "KEY=value; may be repeated."),
    ];

    public static IReadOnlyDictionary<string, byte[]> Read(Invocation i)
    {
        var values = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var envFiles = i.Flags.List("from-env-file");
        if (envFiles.Count > 0 && (i.Flags.List("from-file").Count > 0 || i.Flags.List("from-literal").Count > 0))
        {
            throw new CommandException("from-env-file cannot be combined with from-file or from-literal");
        }

        foreach (var literal in i.Flags.List("from-literal"))
        {
            var equals = literal.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new CommandException($"invalid literal source {literal}, expected key=value");
            }

            Add(values, literal[..equals], Encoding.UTF8.GetBytes(Unquoted(literal[(equals + 1)..])));
        }

        foreach (var file in i.Flags.List("from-file"))
        {
            ReadFile(values, file);
        }

        foreach (var file in envFiles)
        {
            ReadEnvironment(values, file);
        }

        return values;
    }

    private static void ReadFile(IDictionary<string, byte[]> values, string source)
    {
        var equals = source.IndexOf('=', StringComparison.Ordinal);
        var (key, path) = equals < 0 ? (Path.GetFileName(source.TrimEnd('/')), source) : (source[..equals], source[(equals + 1)..]);
        if (equals == 0 || equals == source.Length - 1)
        {
            throw new CommandException(equals == 0 ? $"key name for file path {path} missing" : $"file path for key name {key} missing");
        }

        if (Directory.Exists(path))
        {
            if (equals >= 0)
            {
                throw new CommandException("cannot give a key name for a directory path");
            }

            foreach (var file in Directory.EnumerateFiles(path).Where(f => Key().IsMatch(Path.GetFileName(f))))
            {
                Add(values, Path.GetFileName(file), File.ReadAllBytes(file));
            }

            return;
        }

        if (!File.Exists(path))
        {
            throw new CommandException($"error reading {path}: no such file or directory");
        }

        Add(values, key, File.ReadAllBytes(path));
    }

    private static void ReadEnvironment(IDictionary<string, byte[]> values, string path)
    {
        if (!File.Exists(path))
        {
            throw new CommandException($"env config file {path} cannot be read: no such file or directory");
        }

        foreach (var line in File.ReadAllLines(path).Select(l => l.TrimStart()).Where(l => l.Length > 0 && !l.StartsWith('#')))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? line : line[..equals];
            Add(values, name, Encoding.UTF8.GetBytes(equals < 0 ? Environment.GetEnvironmentVariable(name) ?? "" : line[(equals + 1)..]));
        }
    }

    private static void Add(IDictionary<string, byte[]> values, string key, byte[] value)
    {
        if (!Key().IsMatch(key))
        {
            throw new CommandException($"{GoText.Quote(key)} is not a valid key name for a ConfigMap: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')");
        }

        if (!values.TryAdd(key, value))
        {
            throw new CommandException($"cannot add key {GoText.Quote(key)}, another key by that name already exists in Data for ConfigMap");
        }
    }

    private static string Unquoted(string value) =>
        value.Length >= 2 && value[0] == value[^1] && value[0] is '"' or '\'' && value.Length >= 2 ? value[1..^1] : value;

    [GeneratedRegex("^[-._a-zA-Z0-9]+$")]
    private static partial Regex Key();
}
