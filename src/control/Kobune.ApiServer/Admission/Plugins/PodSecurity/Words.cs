using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Admission.Plugins.PodSecurity;

/// <summary>The pieces of the sentences.</summary>
internal static class Words
{
    public static IEnumerable<IContainer> Containers(PodSpec spec) => spec.InitContainers.Concat<IContainer>(spec.Containers).Concat(spec.EphemeralContainers);

    public static string Plural(string one, string many, int count) => count == 1 ? one : many;

    public static string Quoted(IEnumerable<string> values) => string.Join(", ", values.Select(v => $"\"{v}\""));

    /// <summary>container "a", or containers "a", "b"</summary>
    public static string Named(IReadOnlyCollection<string> names) => $"{Plural("container", "containers", names.Count)} {Quoted(names)}";

    /// <summary>pod and containers "a", "b"; null when there is nobody.</summary>
    public static string? Setters(bool pod, IReadOnlyCollection<string> containers) =>
        (pod, containers.Count) switch
        {
            (false, 0) => null,
            (true, 0) => "pod",
            (false, _) => Named(containers),
            _ => "pod and " + Named(containers),
        };

    public static List<string> Where(PodSpec spec, Func<IContainer, bool> bad) => [.. Containers(spec).Where(bad).Select(c => c.Name)];

    public static bool IsWindows(PodSpec spec, int minor) => minor >= 25 && spec.Os?.Name == "windows";
}
