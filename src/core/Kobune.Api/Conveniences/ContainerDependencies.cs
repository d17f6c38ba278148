using System.Text.Json;

namespace Kobune.Api.Core.V1;

/// <summary>A container that another one waits for before it is started, and how far it must have come.</summary>
public sealed record ContainerDependency(string Container, DependencyCondition Condition);

/// <summary>How far a container must have come for those that depend on it.</summary>
public enum DependencyCondition
{
    /// <summary>It runs, or has run.</summary>
    Started,
    /// <summary>Its probes say that it is ready.</summary>
    Healthy,
    /// <summary>It has ended with exit code 0.</summary>
    Completed,
}

/// <summary>
/// Kobune's own extension of Pods: the order in which app containers start. Opted in by the annotation kobune.dev/depends-on,
/// whose value maps a container to what it waits for: <c>web: [{container: api, condition: service_healthy}]</c>.
/// </summary>
public static class ContainerDependencies
{
    public const string Annotation = "kobune.dev/depends-on";

    private static readonly Dictionary<string, DependencyCondition> Conditions = new(StringComparer.Ordinal)
    {
        ["started"] = DependencyCondition.Started,
        ["service_started"] = DependencyCondition.Started,
        ["healthy"] = DependencyCondition.Healthy,
        ["service_healthy"] = DependencyCondition.Healthy,
        ["completed"] = DependencyCondition.Completed,
        ["service_completed_successfully"] = DependencyCondition.Completed,
    };

    /// <summary>Dependencies by container; empty without the annotation.</summary>
    /// <exception cref="FormatException">The value is not of the form; the message says where.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<ContainerDependency>> Of(IReadOnlyDictionary<string, string> annotations)
    {
        var result = new Dictionary<string, IReadOnlyList<ContainerDependency>>(StringComparer.Ordinal);
        if (!annotations.TryGetValue(Annotation, out var text))
        {
            return result;
        }

        using var document = Parse(text);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("must map containers to lists of {container, condition}");
        }

        foreach (var entry in document.RootElement.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Array)
            {
                throw new FormatException($"{entry.Name}: must be a list of {{container, condition}}");
            }

            result[entry.Name] = [.. entry.Value.EnumerateArray().Select((e, i) => Read(e, $"{entry.Name}[{i}]"))];
        }

        return result;
    }

    /// <summary>What is wrong with the dependencies of a Pod with these containers: unknown names, and cycles with their path.</summary>
    public static IEnumerable<string> Problems(IReadOnlyDictionary<string, IReadOnlyList<ContainerDependency>> dependencies, IReadOnlySet<string> containers)
    {
        foreach (var (name, needs) in dependencies)
        {
            if (!containers.Contains(name))
            {
                yield return $"{name}: the Pod has no such container";
            }

            for (var i = 0; i < needs.Count; i++)
            {
                if (!containers.Contains(needs[i].Container))
                {
                    yield return $"{name}[{i}].container: the Pod has no container \"{needs[i].Container}\"";
                }
            }
        }

        foreach (var name in dependencies.Keys)
        {
            // Each cycle is told once, by its first name.
            if (Cycle(dependencies, name) is { } path && path.Min(StringComparer.Ordinal) == name)
            {
                yield return $"{name}: the dependencies form a cycle: {string.Join(" -> ", path)}";
            }
        }
    }

    private static List<string>? Cycle(IReadOnlyDictionary<string, IReadOnlyList<ContainerDependency>> dependencies, string start)
    {
        var stack = new Stack<List<string>>([[start]]);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (stack.TryPop(out var path))
        {
            foreach (var need in dependencies.GetValueOrDefault(path[^1]) ?? [])
            {
                if (need.Container == start)
                {
                    return [.. path, start];
                }

                if (seen.Add(need.Container))
                {
                    stack.Push([.. path, need.Container]);
                }
            }
        }

        return null;
    }

    private static JsonDocument Parse(string text)
    {
        try
        {
            return JsonDocument.Parse(KubeYaml.ToJsonOne(text));
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidDataException)
        {
            throw new FormatException("is not YAML or JSON: " + e.Message, e);
        }
    }

    private static ContainerDependency Read(JsonElement entry, string at)
    {
        var container = Text(entry, "container") ?? throw new FormatException($"{at}.container: Required value");
        var condition = Text(entry, "condition") ?? "service_started";
        return Conditions.TryGetValue(condition, out var known)
            ? new ContainerDependency(container, known)
            : throw new FormatException($"{at}.condition: Unsupported value: \"{condition}\": supported values: {string.Join(", ", Conditions.Keys.Select(k => $"\"{k}\""))}");
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
