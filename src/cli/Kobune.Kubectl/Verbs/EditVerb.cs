using System.Diagnostics;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Client.Yaml;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl edit: the object in an editor, then the difference to the server, again until it is accepted.</summary>
internal static class EditVerb
{
    private const string Intro =
        "# Please edit the object below. Lines beginning with a '#' will be ignored,\n" +
        "# and an empty file will abort the edit. If an error occurs while saving this file will be\n" +
        "# reopened with the relevant failures.\n#\n";

    public static readonly Command Definition = new("edit", "Edit a resource on the server")
    {
        Usage = "(RESOURCE/NAME | -f FILENAME)",
        Long = "Edit a resource on the server in the editor that KUBE_EDITOR or EDITOR names, or in vi.",
        Examples = """
            # A service
            kubectl edit svc/web

            # With another editor
            KUBE_EDITOR="nano" kubectl edit deployment/web
            """,
        Flags =
        [
            .. ResourceFinder.Flags, Validation.Flag,
            Flag.Text("field-manager", "Name under which the fields are owned.", value: "kubectl-edit"),
            Flag.Bool("output-patch", "Show the patch."), Flag.Text("subresource", "Edit this subresource: status."),
            .. OutputFormat.Flags,
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        foreach (var item in await ResourceFinder.FindAsync(i, i.Arguments).ConfigureAwait(false))
        {
            await EditAsync(i, item).ConfigureAwait(false);
        }

        return 0;
    }

    private static async Task EditAsync(Invocation i, ResourceItem item)
    {
        var shown = (JsonObject)item.Object!.DeepClone();
        shown.Ensure("metadata").Remove("managedFields");
        var original = item with { Object = (JsonObject)shown.DeepClone() };
        var text = YamlTree.Format(JsonTree.Sorted(shown));
        var problem = "";
        var file = Path.Combine(Path.GetTempPath(), $"kubectl-edit-{Environment.ProcessId}-{item.Name}.yaml");
        while (true)
        {
            await File.WriteAllTextAsync(file, Intro + problem + text, i.Cancellation).ConfigureAwait(false);
            await LaunchAsync(i, file).ConfigureAwait(false);
            var edited = WithoutComments(await File.ReadAllTextAsync(file, i.Cancellation).ConfigureAwait(false));
            if (edited.Trim().Length == 0 || edited == text)
            {
                i.Error.WriteLine(problem.Length > 0 ? $"A copy of your changes has been stored to \"{file}\"" : "Edit cancelled, no changes made.");
                if (problem.Length > 0)
                {
                    throw new CommandException("Edit cancelled, no valid changes were saved.");
                }

                File.Delete(file);
                return;
            }

            text = edited;
            try
            {
                var changed = YamlTree.Parse(edited) as JsonObject ?? throw new YamlSyntaxException("the document is not an object");
                var saved = await ObjectEditor.SaveAsync(i, original, changed, "kubectl-edit", i.Flags.TextOrNull("subresource")).ConfigureAwait(false);
                i.Out.WriteLine(saved is null ? "Edit cancelled, no changes made." : $"{item.Reference} edited");
                File.Delete(file);
                return;
            }
            catch (Exception e) when (e is KubeStatusException or YamlSyntaxException)
            {
                var message = ErrorReporter.Describe(e, i.Command)!;
                i.Error.WriteLine(message);
                problem = $"# {item.Mapping.Plural} {GoText.Quote(item.Name)} was not valid:\n" + string.Concat(message.Split('\n').Select(l => $"# {l}\n")) + "#\n";
                if (!i.Console.IsInputTerminal && e is YamlSyntaxException)
                {
                    throw;
                }

                if (!i.Console.IsInputTerminal)
                {
                    i.Error.WriteLine($"A copy of your changes has been stored to \"{file}\"");
                    throw new CommandException("Edit cancelled, no valid changes were saved.");
                }
            }
        }
    }

    private static string WithoutComments(string text) =>
        string.Concat(text.Split('\n').Where(l => !l.StartsWith('#')).Select(l => l + "\n")).TrimEnd('\n') + "\n";

    private static async Task LaunchAsync(Invocation i, string file)
    {
        var editor = new[] { "KUBE_EDITOR", "EDITOR" }.Select(Environment.GetEnvironmentVariable).FirstOrDefault(e => !string.IsNullOrEmpty(e)) ?? "vi";
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"{editor} \"$1\"");
        start.ArgumentList.Add("sh");
        start.ArgumentList.Add(file);
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(i.Cancellation).ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new CommandException($"there was a problem with the editor {GoText.Quote(editor)}");
        }
    }
}
