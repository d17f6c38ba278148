using System.Text.Json.Nodes;
using Kobune.Client.Yaml;

namespace Kobune.Client.Config;

/// <summary>
/// One kubeconfig file as a JSON tree. Fields that we do not know stay in the tree, so writing it back loses nothing
/// but comments.
/// </summary>
public sealed class KubeConfigFile
{
    private KubeConfigFile(string path, JsonObject root, bool exists)
    {
        Path = path;
        Root = root;
        Exists = exists;
    }

    public string Path { get; }

    public JsonObject Root { get; }

    public bool Exists { get; private set; }

    /// <summary>Reads the file; one that is absent or empty is an empty document.</summary>
    public static KubeConfigFile Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new KubeConfigFile(path, Empty(), exists: false);
        }

        try
        {
            return new KubeConfigFile(path, PlainYaml.TryParse(text) ?? YamlTree.Parse(text) as JsonObject ?? Empty(), exists: true);
        }
        catch (Exception e) when (e is not IOException)
        {
            throw new KubeConfigException($"error loading config file \"{path}\": {e.Message}");
        }
    }

    /// <summary>Writes through a temporary file, mode 0600, so that a reader never sees half of it and others never see the keys.</summary>
    public void Write()
    {
        var directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var target = (Exists ? File.ResolveLinkTarget(Path, returnFinalTarget: true)?.FullName : null) ?? Path;
        var temporary = target + ".kobune-" + Environment.ProcessId;
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var writer = new StreamWriter(temporary, options))
        {
            writer.Write(YamlTree.Format(Root));
        }

        File.Move(temporary, target, overwrite: true);
        Exists = true;
    }

    /// <summary>The entry of a named list ("clusters", "contexts", "users"), as its inner object.</summary>
    public JsonObject? Find(KubeConfigSection section, string name) =>
        Entry(section, name)?[section.Member] as JsonObject;

    public IEnumerable<string> Names(KubeConfigSection section) =>
        (Root[section.List] as JsonArray ?? []).OfType<JsonObject>()
            .Select(e => Text(e["name"])).Where(n => n is not null).Select(n => n!);

    /// <summary>Adds the entry or replaces it in its place.</summary>
    public void Set(KubeConfigSection section, string name, JsonObject value)
    {
        if (Entry(section, name) is { } entry)
        {
            entry[section.Member] = value;
            return;
        }

        if (Root[section.List] is not JsonArray list)
        {
            Root[section.List] = list = [];
        }

        list.Add(new JsonObject { [section.Member] = value, ["name"] = name });
    }

    public bool Remove(KubeConfigSection section, string name) =>
        Entry(section, name) is { } entry && ((JsonArray)Root[section.List]!).Remove(entry);

    public bool Rename(KubeConfigSection section, string name, string newName)
    {
        if (Entry(section, name) is not { } entry)
        {
            return false;
        }

        entry["name"] = newName;
        return true;
    }

    private JsonObject? Entry(KubeConfigSection section, string name) =>
        (Root[section.List] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(e => Text(e["name"]) == name);

    internal static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : node?.ToString();

    private static JsonObject Empty() => new()
    {
        ["apiVersion"] = "v1",
        ["clusters"] = new JsonArray(),
        ["contexts"] = new JsonArray(),
        ["current-context"] = "",
        ["kind"] = "Config",
        ["users"] = new JsonArray(),
    };
}

/// <summary>One of the three named lists of a kubeconfig: the list's field and the field that holds an entry's content.</summary>
public sealed record KubeConfigSection(string List, string Member)
{
    public static readonly KubeConfigSection Clusters = new("clusters", "cluster");
    public static readonly KubeConfigSection Contexts = new("contexts", "context");
    public static readonly KubeConfigSection Users = new("users", "user");
}
