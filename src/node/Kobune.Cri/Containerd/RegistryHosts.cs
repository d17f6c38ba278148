namespace Kobune.Cri.Containerd;

/// <summary>Where images of a registry are really fetched from.</summary>
/// <param name="Url">The mirror, http or https, without a path unless it serves one.</param>
/// <param name="FallBack">Whether to ask the registry itself when the mirror does not have the image.</param>
/// <param name="SkipVerify">Accept any certificate.</param>
public sealed record RegistryMirror(string Url, bool FallBack = false, bool SkipVerify = false);

/// <summary>Writes the hosts.toml files that containerd reads on every pull, so changes need no restart.</summary>
public static class RegistryHosts
{
    /// <summary>The folder that containerd consults for registries without a folder of their own.</summary>
    public const string Default = "_default";

    /// <summary>Sends every registry to <paramref name="mirror"/>.</summary>
    public static void WriteDefault(string configPath, RegistryMirror mirror) => Write(configPath, Default, mirror);

    /// <param name="configPath">The directory given as <see cref="ContainerdOptions.RegistryConfigPath"/>.</param>
    /// <param name="host">"docker.io", "registry.example:5000"; a colon is allowed in the folder's name.</param>
    /// <param name="mirror">Its replacement.</param>
    public static void Write(string configPath, string host, RegistryMirror mirror)
    {
        string folder = Path.Combine(configPath, host);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "hosts.toml"), Render(mirror));
    }

    internal static string Render(RegistryMirror mirror)
    {
        var toml = new TomlText();
        string url = mirror.Url.TrimEnd('/');
        // containerd asks the hosts in order and "server" last; left out, that is the registry's own address.
        if (mirror.FallBack)
            toml.Table("host", url);
        else
            toml.Set("server", url);
        toml.Set("capabilities", ["pull", "resolve"]);
        if (mirror.SkipVerify)
            toml.Set("skip_verify", true);
        // The file is refused when it has no host table at all (containerd issue 10027); the fields above then hold for "server".
        if (!mirror.FallBack)
            toml.Table("host");
        return toml.ToString().TrimStart('\n');
    }
}
