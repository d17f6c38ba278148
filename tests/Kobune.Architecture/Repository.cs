using System.Xml.Linq;

namespace Kobune.Architecture;

/// <summary>The source tree as files: projects with their references, and all sources.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string[] Layers { get; } = ["core", "control", "node", "cli"];

    /// <summary>The projects under src/, by name.</summary>
    public static IReadOnlyDictionary<string, Project> Projects { get; } = Directory
        .EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
        .Select(Project.Load)
        .ToDictionary(p => p.Name);

    public static IEnumerable<string> Sources(string folder) => Directory
        .EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Kobune.slnx")))
            {
                return folder;
            }
        }
        throw new InvalidOperationException("not inside the repository");
    }
}

/// <param name="Layer">The folder below src/, or empty for the binary.</param>
internal sealed record Project(string Name, string Layer, IReadOnlyList<string> References)
{
    public static Project Load(string file)
    {
        var references = XDocument.Load(file).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')))
            .ToList();
        var layer = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(file)!)!);
        return new Project(Path.GetFileNameWithoutExtension(file), layer == "src" ? "" : layer, references);
    }
}
