using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl set image, env, resources, serviceaccount.</summary>
internal static class SetVerb
{
    private static readonly IReadOnlyList<Flag> Common =
    [
        Flag.Bool("all", "All objects of the type in the namespace."), .. ResourceFinder.Flags, DryRun.Flag,
        Flag.Text("field-manager", "Name under which the fields are owned.", value: "kubectl-set"), Flag.Bool("local", "Do not talk to the server."), .. OutputFormat.Flags,
    ];

    private static readonly Flag Containers = Flag.Text("containers", "Only in these containers; '*' is a wildcard.", 'c', "*");

    public static readonly Command Definition = new("set", "Set specific features on objects")
    {
        Commands =
        [
            new("env", "Update environment variables on a pod template")
            {
                Usage = "RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
                Examples = "# Set a variable\nkubectl set env deployment/web MODE=fast\n\n# Remove it\nkubectl set env deployment/web MODE-\n\n# Show them\nkubectl set env deployment/web --list",
                Flags = [Containers, Flag.Array("env", "Variable KEY=VALUE.", 'e'), Flag.Text("from", "Config map or secret whose keys become variables: configmap/name."), Flag.Bool("list", "Show the variables."), Flag.Bool("overwrite", "Existing ones may be changed.", on: true), Flag.Text("prefix", "Prefix for the names."), .. Common],
                Run = EnvAsync,
            },
            new("image", "Update the image of a pod template")
            {
                Usage = "(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N",
                Examples = "# Another image for a container\nkubectl set image deployment/web nginx=nginx:1.28\n\n# For all containers\nkubectl set image deployment/web *=nginx:1.28",
                Flags = Common,
                Run = ImageAsync,
            },
            new("resources", "Update resource requests/limits on objects with pod templates")
            {
                Usage = "(-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS]",
                Examples = "# Limits and requests\nkubectl set resources deployment web --limits=cpu=200m,memory=512Mi --requests=cpu=100m",
                Flags = [Containers, Flag.Text("limits", "Limits: cpu=200m,memory=512Mi."), Flag.Text("requests", "Requests."), .. Common],
                Run = ResourcesAsync,
            },
            new("serviceaccount", "Update the service account of a resource")
            {
                Aliases = ["sa"],
                Usage = "(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT",
                Examples = "# Another account\nkubectl set serviceaccount deployment web builder",
                Flags = Common,
                Run = ServiceAccountAsync,
            },
        ],
    };

    private static JsonObject PodSpec(JsonObject obj) => (obj.At("spec", "jobTemplate", "spec", "template", "spec") ?? obj.At("spec", "template", "spec") ?? obj.At("spec")) as JsonObject
        ?? throw new CommandException($"the {obj.Text("kind")} has no pod template");

    private static async Task<int> ChangeAsync(Invocation i, IReadOnlyList<string> objects, string done, Action<JsonObject> change)
    {
        var reporter = new ResultReporter(i);
        foreach (var item in await ResourceFinder.FindAsync(i, objects).ConfigureAwait(false))
        {
            var changed = (JsonObject)item.Object!.DeepClone();
            change(changed);
            if (await ObjectEditor.SaveAsync(i, item, changed, "kubectl-set").ConfigureAwait(false) is { } saved)
            {
                reporter.Report(item, done, saved);
            }
        }

        reporter.Finish();
        return 0;
    }

    private static Task<int> ImageAsync(Invocation i)
    {
        var (objects, changes) = ObjectEditor.SplitChanges(i.Arguments);
        if (changes.Count == 0)
        {
            throw new CommandException("at least one image update is required");
        }

        return ChangeAsync(i, objects, "image updated", obj =>
        {
            var spec = PodSpec(obj);
            foreach (var change in changes.Select(c => c.Split('=', 2)))
            {
                var containers = spec.Objects("containers").Concat(spec.Objects("initContainers")).Where(c => change[0] == "*" || c.Text("name") == change[0]).ToArray();
                if (containers.Length == 0)
                {
                    throw new CommandException($"unable to find container named {GoText.Quote(change[0])}");
                }

                foreach (var container in containers)
                {
                    container["image"] = change[1];
                }
            }
        });
    }

    private static IEnumerable<JsonObject> Selected(Invocation i, JsonObject spec)
    {
        var pattern = i.Flags.Text("containers");
        return spec.Objects("containers").Concat(spec.Objects("initContainers")).Where(c => pattern == "*" || System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, c.Text("name")));
    }

    private static async Task<int> EnvAsync(Invocation i)
    {
        var (objects, changes) = ObjectEditor.SplitChanges(i.Arguments);
        changes = [.. changes, .. i.Flags.List("env")];
        if (i.Flags.Bool("list"))
        {
            foreach (var item in await ResourceFinder.FindAsync(i, objects).ConfigureAwait(false))
            {
                foreach (var container in Selected(i, PodSpec(item.Object!)))
                {
                    i.Out.WriteLine($"# {item.Mapping.Plural} {item.Name}, container {container.Text("name")}");
                    foreach (var variable in container.Objects("env"))
                    {
                        i.Out.WriteLine(variable["valueFrom"] is null ? $"{variable.Text("name")}={variable.Text("value")}" : $"# {variable.Text("name")} from {GoJson.Compact(variable["valueFrom"])}");
                    }
                }
            }

            return 0;
        }

        var from = await FromAsync(i).ConfigureAwait(false);
        if (changes.Count == 0 && from.Count == 0)
        {
            throw new CommandException("at least one environment variable must be provided");
        }

        return await ChangeAsync(i, objects, "env updated", obj =>
        {
            foreach (var container in Selected(i, PodSpec(obj)))
            {
                Apply(container, changes, from);
            }
        }).ConfigureAwait(false);
    }

    private static void Apply(JsonObject container, IReadOnlyList<string> changes, IReadOnlyList<JsonObject> from)
    {
        var env = container["env"] as JsonArray ?? [];
        foreach (var change in changes)
        {
            var equals = change.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? change[..^1] : change[..equals];
            Set(env, name, equals < 0 ? null : new JsonObject { ["name"] = name, ["value"] = change[(equals + 1)..] });
        }

        foreach (var variable in from)
        {
            Set(env, variable.Text("name"), (JsonObject)variable.DeepClone());
        }

        if (env.Parent is null)
        {
            container["env"] = env;
        }

        if (env.Count == 0)
        {
            container.Remove("env");
        }
    }

    private static void Set(JsonArray env, string name, JsonObject? variable)
    {
        var existing = env.OfType<JsonObject>().FirstOrDefault(e => e.Text("name") == name);
        if (existing is null)
        {
            if (variable is not null)
            {
                env.Add(variable);
            }

            return;
        }

        var at = env.IndexOf(existing);
        env.RemoveAt(at);
        if (variable is not null)
        {
            env.Insert(at, variable);
        }
    }

    private static async Task<IReadOnlyList<JsonObject>> FromAsync(Invocation i)
    {
        if (i.Flags.TextOrNull("from") is not { } reference)
        {
            return [];
        }

        var item = await ResourceArguments.OneAsync(i, [reference]).ConfigureAwait(false);
        var source = await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false);
        var field = item.Mapping.Kind switch { "ConfigMap" => "configMapKeyRef", "Secret" => "secretKeyRef", _ => throw new CommandException($"unsupported resource specified in --from") };
        return
        [
            .. source.Map("data").OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => new JsonObject
            {
                ["name"] = i.Flags.Text("prefix") + d.Key.ToUpperInvariant().Replace('-', '_').Replace('.', '_'),
                ["valueFrom"] = new JsonObject { [field] = new JsonObject { ["name"] = item.Name, ["key"] = d.Key } },
            }),
        ];
    }

    private static Task<int> ResourcesAsync(Invocation i)
    {
        if (i.Flags.TextOrNull("limits") is null && i.Flags.TextOrNull("requests") is null)
        {
            throw new CommandException("you must specify an update to requests or limits (in the form of --requests/--limits)");
        }

        return ChangeAsync(i, i.Arguments, "resource requirements updated", obj =>
        {
            foreach (var container in Selected(i, PodSpec(obj)))
            {
                foreach (var kind in new[] { "limits", "requests" })
                {
                    foreach (var pair in i.Flags.Text(kind).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)))
                    {
                        container.Ensure("resources", kind)[pair[0]] = pair.ElementAtOrDefault(1);
                    }
                }
            }
        });
    }

    private static Task<int> ServiceAccountAsync(Invocation i) => i.Arguments.Count == 0
        ? throw new CommandException("serviceaccount is required")
        : ChangeAsync(i, [.. i.Arguments.SkipLast(1)], "serviceaccount updated", obj =>
        {
            var spec = PodSpec(obj);
            spec["serviceAccountName"] = i.Arguments[^1];
            spec["serviceAccount"] = i.Arguments[^1];
        });
}
