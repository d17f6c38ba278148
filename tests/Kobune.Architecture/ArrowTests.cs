namespace Kobune.Architecture;

/// <summary>References point down only: Kobune → control, node, cli → core. Only the API server touches the store.</summary>
public class ArrowTests
{
    [Fact]
    public void EveryProjectIsInALayer() =>
        Assert.All(Repository.Projects.Values, p => Assert.True(p.Layer == "" ? p.Name == "Kobune" : Repository.Layers.Contains(p.Layer), p.Name));

    [Fact]
    public void CoreReferencesCoreOnly() => AssertReferences("core", _ => ["core"]);

    [Fact]
    public void ControlReferencesCoreAndTheApiServerItsStore() =>
        AssertReferences("control", p => p.Name == "Kobune.ApiServer" ? ["core", "Kobune.Store"] : ["core"]);

    [Fact]
    public void NodeReferencesCoreAndTheKubeletTheRuntimeInterface() =>
        AssertReferences("node", p => p.Name == "Kobune.Kubelet" ? ["core", "Kobune.Cri"] : ["core"]);

    [Fact]
    public void CliReferencesCoreOnly() => AssertReferences("cli", _ => ["core"]);

    [Fact]
    public void NothingReferencesTheBinary() =>
        Assert.DoesNotContain(Repository.Projects.Values, p => p.References.Contains("Kobune"));

    [Fact]
    public void EveryProjectIsInTheSolution()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "Kobune.slnx"));
        var projects = Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Repository.Root, f));
        Assert.All(projects, p => Assert.Contains($"\"{p}\"", solution, StringComparison.Ordinal));
    }

    private static void AssertReferences(string layer, Func<Project, string[]> allowed) => Assert.All(
        Repository.Projects.Values.Where(p => p.Layer == layer),
        project => Assert.All(
            project.References,
            name => Assert.True(
                allowed(project).Contains(name) || allowed(project).Contains(Repository.Projects[name].Layer),
                $"{project.Name} must not reference {name}")));
}
