using Kobune.Kubectl.CommandLine;

namespace Kobune.Kubectl.Cluster;

/// <summary>Reads "pods", "pods,svc", "pod web db", "pod/web svc/web" and "all" into what they select.</summary>
internal static class ResourceArguments
{
    /// <param name="namesRequired">A type without names is an error unless a selector or --all is given.</param>
    public static async Task<ResourceSelection> ReadAsync(Invocation invocation, IReadOnlyList<string> arguments, bool namesRequired = false)
    {
        if (arguments.Count == 0)
        {
            return new ResourceSelection([], []);
        }

        return arguments.Any(a => a.Contains('/', StringComparison.Ordinal))
            ? new ResourceSelection([], await PairsAsync(invocation, arguments).ConfigureAwait(false))
            : await TypeAndNamesAsync(invocation, arguments, namesRequired).ConfigureAwait(false);
    }

    /// <summary>Exactly one object of "TYPE NAME" or "TYPE/NAME"; a bare NAME is of <paramref name="defaultType"/> when that is given.</summary>
    public static async Task<ResourceItem> OneAsync(Invocation invocation, IReadOnlyList<string> arguments, string? defaultType = null)
    {
        if (defaultType is not null && arguments.Count == 1 && !arguments[0].Contains('/', StringComparison.Ordinal))
        {
            arguments = [defaultType, arguments[0]];
        }

        var selection = await ReadAsync(invocation, arguments, namesRequired: true).ConfigureAwait(false);
        if (selection.Named.Count != 1)
        {
            throw new CommandException("you must specify one resource by type and name");
        }

        var (mapping, name) = selection.Named[0];
        return new ResourceItem(mapping, mapping.Namespaced ? invocation.Namespace : null, name);
    }

    private static async Task<IReadOnlyList<(ResourceMapping, string)>> PairsAsync(Invocation invocation, IReadOnlyList<string> arguments)
    {
        var named = new List<(ResourceMapping, string)>();
        foreach (var argument in arguments)
        {
            var parts = argument.Split('/');
            if (parts.Length == 1)
            {
                throw new CommandException(
                    "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form " +
                    $"(e.g. '{invocation.Command.FullName} resource/<resource_name>' instead of '{invocation.Command.FullName} resource resource/<resource_name>'");
            }

            if (parts.Length != 2)
            {
                throw new CommandException("arguments in resource/name form may not have more than one slash");
            }

            if (parts[0].Length == 0 || parts[1].Length == 0)
            {
                throw new CommandException($"arguments in resource/name form must have a single resource and name");
            }

            named.Add((await invocation.Cluster.Mapper.ByArgumentAsync(parts[0], invocation.Cancellation).ConfigureAwait(false), parts[1]));
        }

        return named;
    }

    private static async Task<ResourceSelection> TypeAndNamesAsync(Invocation invocation, IReadOnlyList<string> arguments, bool namesRequired)
    {
        var mappings = new List<ResourceMapping>();
        foreach (var type in arguments[0].Split(','))
        {
            var category = ResourceMapper.IsCategory(type)
                ? await invocation.Cluster.Mapper.CategoryAsync(type, invocation.Cancellation).ConfigureAwait(false)
                : [];
            if (category.Count > 0)
            {
                mappings.AddRange(category);
            }
            else
            {
                mappings.Add(await invocation.Cluster.Mapper.ByArgumentAsync(type, invocation.Cancellation).ConfigureAwait(false));
            }
        }

        var names = arguments.Skip(1).ToArray();
        if (names.Length == 0)
        {
            return namesRequired
                ? throw new CommandException("resource(s) were provided, but no name was specified")
                : new ResourceSelection(mappings, []);
        }

        if (mappings.Count > 1 && names.Length > 0)
        {
            return new ResourceSelection([], [.. mappings.SelectMany(m => names.Select(n => (m, n)))]);
        }

        return new ResourceSelection([], [.. names.Select(n => (mappings[0], n))]);
    }
}
