namespace Kobune.Kubectl.CommandLine;

/// <summary>
/// A verb, as data: what its help says, its flags, and the function that performs it, or its sub-verbs.
/// </summary>
internal sealed record Command(string Name, string Short)
{
    /// <summary>What follows the name in the usage line, without the flags.</summary>
    public string Usage { get; init; } = "";

    /// <summary>The explanation above the examples; <see cref="Short"/> when empty.</summary>
    public string Long { get; init; } = "";

    /// <summary>Lines of examples: "# comment" and "kubectl …" lines.</summary>
    public string Examples { get; init; } = "";

    public IReadOnlyList<Flag> Flags { get; init; } = [];

    public IReadOnlyList<string> Aliases { get; init; } = [];

    public IReadOnlyList<Command> Commands { get; init; } = [];

    public Func<Invocation, Task<int>>? Run { get; init; }

    /// <summary>Name with those of its parents, "kubectl create secret"; set when the tree is put together.</summary>
    public string FullName { get; init; } = Name;

    public Command? Find(string name) => Commands.FirstOrDefault(c => c.Name == name || c.Aliases.Contains(name));

    /// <summary>A copy whose descendants know their full names.</summary>
    public Command Under(string parent)
    {
        var full = parent.Length == 0 ? Name : $"{parent} {Name}";
        return this with { FullName = full, Commands = [.. Commands.Select(c => c.Under(full))] };
    }
}
