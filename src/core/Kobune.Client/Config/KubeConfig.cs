using System.Text.Json.Nodes;

namespace Kobune.Client.Config;

/// <summary>
/// The kubeconfig that a user sees: the files of $KUBECONFIG merged, the first that sets a value wins. Changes go to the
/// file that defines the entry, new entries to the first file that exists (the last of the list when none does).
/// </summary>
public sealed class KubeConfig
{
    private readonly IReadOnlyList<KubeConfigFile> _files;

    private KubeConfig(IReadOnlyList<KubeConfigFile> files) => _files = files;

    /// <summary>~/.kube/config of the current user.</summary>
    public static string DefaultPath => System.IO.Path.Combine(
        Environment.GetEnvironmentVariable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");

    public IReadOnlyList<KubeConfigFile> Files => _files;

    /// <summary>Loads one explicit file, which must exist unless <paramref name="mayBeAbsent"/>, or the files of $KUBECONFIG, or the default file.</summary>
    public static KubeConfig Load(string? explicitPath = null, bool mayBeAbsent = false)
    {
        if (!string.IsNullOrEmpty(explicitPath))
        {
            var file = KubeConfigFile.Read(explicitPath);
            return file.Exists || mayBeAbsent
                ? new KubeConfig([file])
                : throw new KubeConfigException($"stat {explicitPath}: no such file or directory");
        }

        var variable = Environment.GetEnvironmentVariable("KUBECONFIG");
        var paths = string.IsNullOrEmpty(variable)
            ? [DefaultPath]
            : variable.Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Distinct().ToArray();
        return new KubeConfig(paths.Select(KubeConfigFile.Read).ToArray());
    }

    public string CurrentContext =>
        _files.Select(f => KubeConfigFile.Text(f.Root["current-context"])).FirstOrDefault(c => !string.IsNullOrEmpty(c)) ?? "";

    public IReadOnlyList<string> Names(KubeConfigSection section) =>
        _files.SelectMany(f => f.Names(section)).Distinct().Order(StringComparer.Ordinal).ToArray();

    public JsonObject? Find(KubeConfigSection section, string name) =>
        _files.Select(f => f.Find(section, name)).FirstOrDefault(v => v is not null);

    /// <summary>The file in which the entry stands, or in which a new one would be written.</summary>
    public KubeConfigFile FileOf(KubeConfigSection section, string name) =>
        _files.FirstOrDefault(f => f.Find(section, name) is not null) ?? FileForNew;

    public void SetCurrentContext(string name)
    {
        var file = _files.FirstOrDefault(f => !string.IsNullOrEmpty(KubeConfigFile.Text(f.Root["current-context"]))) ?? FileForNew;
        file.Root["current-context"] = name;
        file.Write();
    }

    public void Set(KubeConfigSection section, string name, JsonObject value)
    {
        var file = FileOf(section, name);
        file.Set(section, name, value);
        file.Write();
    }

    public bool Remove(KubeConfigSection section, string name)
    {
        var file = FileOf(section, name);
        if (!file.Remove(section, name))
        {
            return false;
        }

        file.Write();
        return true;
    }

    /// <summary>Writes a cluster, a user and a context of the same name, and makes it current. What else is in the file stays.</summary>
    public void SetCluster(string name, JsonObject cluster, JsonObject user, string? ns = null, bool makeCurrent = true)
    {
        Set(KubeConfigSection.Clusters, name, cluster);
        Set(KubeConfigSection.Users, name, user);
        var context = new JsonObject { ["cluster"] = name, ["user"] = name };
        if (ns is not null)
        {
            context["namespace"] = ns;
        }

        Set(KubeConfigSection.Contexts, name, context);
        if (makeCurrent)
        {
            SetCurrentContext(name);
        }
    }

    /// <summary>Removes what <see cref="SetCluster"/> wrote; clears the current context when it was this one.</summary>
    public void RemoveCluster(string name)
    {
        Remove(KubeConfigSection.Contexts, name);
        Remove(KubeConfigSection.Users, name);
        Remove(KubeConfigSection.Clusters, name);
        if (CurrentContext == name)
        {
            SetCurrentContext("");
        }
    }

    /// <summary>One document with everything, entries sorted by name; what `config view` shows.</summary>
    public JsonObject Merged()
    {
        var merged = new JsonObject { ["apiVersion"] = "v1" };
        Copy(KubeConfigSection.Clusters);
        Copy(KubeConfigSection.Contexts);
        merged["current-context"] = CurrentContext;
        merged["kind"] = "Config";
        if (_files.Select(f => f.Root["preferences"]).FirstOrDefault(p => p is JsonObject { Count: > 0 }) is { } preferences)
        {
            merged["preferences"] = preferences.DeepClone();
        }

        Copy(KubeConfigSection.Users);
        return merged;

        void Copy(KubeConfigSection section)
        {
            var list = new JsonArray();
            foreach (var name in Names(section))
            {
                list.Add(new JsonObject { [section.Member] = Find(section, name)?.DeepClone() ?? new JsonObject(), ["name"] = name });
            }

            merged[section.List] = list.Count == 0 ? null : list;
        }
    }

    private KubeConfigFile FileForNew => _files.FirstOrDefault(f => f.Exists) ?? _files[^1];
}
