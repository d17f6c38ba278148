using System.Text.Json.Nodes;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl label and kubectl annotate: the same verb on two maps.</summary>
internal static class LabelVerb
{
    public static readonly Command Label = Define("label", "labels", "Update the labels on a resource", """
        # Add a label, or change it
        kubectl label pod web env=test
        kubectl label --overwrite pod web env=production

        # Remove one
        kubectl label pod web env-

        # On all pods with another label
        kubectl label pods -l app=web tier=front
        """);

    public static readonly Command Annotate = Define("annotate", "annotations", "Update the annotations on a resource", """
        # Say why something was changed
        kubectl annotate deployment web kubernetes.io/change-cause='new image'

        # Remove it
        kubectl annotate deployment web kubernetes.io/change-cause-
        """);

    private static Command Define(string name, string map, string text, string examples) => new(name, text)
    {
        Usage = "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]",
        Examples = examples,
        Flags =
        [
            Flag.Bool("all", "All objects of the type in the namespace."), ResourceFinder.AllNamespaces, ResourceFinder.FieldSelector, .. ResourceFinder.Flags, DryRun.Flag,
            Flag.Text("field-manager", "Name under which the fields are owned.", value: "kubectl-" + name),
            Flag.Bool("list", "Show them; after the changes when there are some."),
            Flag.Bool("local", "Do not talk to the server."),
            Flag.Bool("overwrite", "Existing values may be changed."),
            Flag.Text("resource-version", "Only when the object has this version."),
            .. OutputFormat.Flags,
        ],
        Run = i => RunAsync(i, name, map),
    };

    private static async Task<int> RunAsync(Invocation i, string verb, string map)
    {
        var (objects, changes) = ObjectEditor.SplitChanges(i.Arguments);
        if (changes.Count == 0 && !i.Flags.Bool("list"))
        {
            throw new CommandException($"at least one {(verb == "label" ? "label" : "annotation")} update is required");
        }

        var reporter = new ResultReporter(i);
        var failures = new List<string>();
        foreach (var item in await ResourceFinder.FindAsync(i, objects).ConfigureAwait(false))
        {
            var changed = (JsonObject)item.Object!.DeepClone();
            var problem = Apply(i, changed.Ensure("metadata", map), changes, verb, out var removedOnly);
            if (problem is not null)
            {
                failures.Add(problem);
                continue;
            }

            if (changed.Map("metadata", map).Count == 0)
            {
                changed.Ensure("metadata").Remove(map);
            }

            if (i.Flags.TextOrNull("resource-version") is { } version)
            {
                changed.Ensure("metadata")["resourceVersion"] = version;
            }

            var saved = changes.Count == 0 ? null : await ObjectEditor.SaveAsync(i, item, changed, "kubectl-" + verb).ConfigureAwait(false);
            if (i.Flags.Bool("list"))
            {
                foreach (var (key, value) in (saved ?? item.Object!).Map("metadata", map).OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    i.Out.WriteLine($"{key}={value.Text()}");
                }

                continue;
            }

            var done = verb == "annotate" ? "annotated" : saved is null ? "not labeled" : removedOnly ? "unlabeled" : "labeled";
            reporter.Report(item, done, saved ?? item.Object!);
        }

        reporter.Finish();
        return failures.Count == 0 ? 0 : throw new CommandException(string.Join('\n', failures));
    }

    private static string? Apply(Invocation i, JsonObject target, IReadOnlyList<string> changes, string verb, out bool removedOnly)
    {
        removedOnly = changes.Count > 0 && changes.All(c => !c.Contains('=', StringComparison.Ordinal));
        foreach (var change in changes)
        {
            var equals = change.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                if (!target.Remove(change[..^1]))
                {
                    i.Out.WriteLine($"{verb} {GoText.Quote(change[..^1])} not found.".Replace("annotate ", "annotation ", StringComparison.Ordinal));
                }

                continue;
            }

            var (key, value) = (change[..equals], change[(equals + 1)..]);
            if (!i.Flags.Bool("overwrite") && target[key] is { } old && old.Text() != value)
            {
                return $"'{key}' already has a value ({old.Text()}), and --overwrite is false";
            }

            target[key] = value;
        }

        return null;
    }
}
