using System.Text.Json.Nodes;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs.Create;

/// <summary>kubectl create deployment, job and cronjob.</summary>
internal static class CreateWorkloads
{
    public static readonly IReadOnlyList<Command> Commands =
    [
        new("cronjob", "Create a cron job with the specified name")
        {
            Aliases = ["cj"],
            Usage = "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
            Examples = "# Every five minutes\nkubectl create cronjob tick --image=busybox --schedule=\"*/5 * * * *\" -- date",
            Flags = [Flag.Text("image", "Image to run."), Flag.Text("restart", "The pods' restart policy: OnFailure or Never."), Flag.Text("schedule", "When, in cron's notation."), .. CreateVerb.CommonFlags],
            Run = CronJobAsync,
        },
        new("deployment", "Create a deployment with the specified name")
        {
            Aliases = ["deploy"],
            Usage = "NAME --image=image -- [COMMAND] [args...]",
            Examples = """
                # One pod of nginx
                kubectl create deployment web --image=nginx

                # Three, with a port
                kubectl create deployment web --image=nginx --replicas=3 --port=80
                """,
            Flags = [Flag.List("image", "Images to run; several make several containers."), Flag.Int("port", "The container's port.", -1), Flag.Int("replicas", "Number of pods.", 1, 'r'), .. CreateVerb.CommonFlags],
            Run = DeploymentAsync,
        },
        new("job", "Create a job with the specified name")
        {
            Usage = "NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]",
            Examples = """
                # Run a command once
                kubectl create job once --image=busybox -- date

                # Run a cron job's job now
                kubectl create job test --from=cronjob/tick
                """,
            Flags = [Flag.Text("from", "Cron job to take the job from."), Flag.Text("image", "Image to run."), .. CreateVerb.CommonFlags],
            Run = JobAsync,
        },
    ];

    private static (string Name, JsonArray? Command) NameAndCommand(Invocation i)
    {
        var before = i.ArgumentsBeforeDash < 0 ? i.Arguments.Count : i.ArgumentsBeforeDash;
        if (before < 1)
        {
            throw CommandException.Usage(i, "exactly one NAME is required, got 0");
        }

        var words = i.Arguments.Skip(1).ToArray();
        return (i.Arguments[0], words.Length == 0 ? null : new JsonArray([.. words.Select(w => (JsonNode)w)]));
    }

    private static string Required(Invocation i, string flag) =>
        i.Flags.List(flag) is [{ Length: > 0 } first, ..] ? first : throw new CommandException($"required flag(s) {GoText.Quote(flag)} not set");

    /// <summary>A container's name from its image: the last part of the path, without tag.</summary>
    private static string ContainerName(string image)
    {
        var name = image[(image.LastIndexOf('/') + 1)..];
        var end = name.AsSpan().IndexOfAny(':', '@');
        return (end < 0 ? name : name[..end]).Replace('_', '-');
    }

    private static Task<int> DeploymentAsync(Invocation i)
    {
        var (name, command) = NameAndCommand(i);
        Required(i, "image");
        var labels = new JsonObject { ["app"] = name };
        var containers = new JsonArray();
        foreach (var image in i.Flags.List("image"))
        {
            var container = new JsonObject { ["image"] = image, ["name"] = ContainerName(image), ["resources"] = new JsonObject() };
            if (command is not null)
            {
                container["command"] = command.DeepClone();
            }

            if (i.Flags.Int("port") > 0)
            {
                container["ports"] = new JsonArray(new JsonObject { ["containerPort"] = i.Flags.Int("port") });
            }

            containers.Add(container);
        }

        var metadata = CreateVerb.Metadata(name);
        metadata["labels"] = labels.DeepClone();
        return CreateVerb.CreateAsync(i, new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "Deployment",
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["replicas"] = i.Flags.Int("replicas"),
                ["selector"] = new JsonObject { ["matchLabels"] = labels.DeepClone() },
                ["strategy"] = new JsonObject(),
                ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels }, ["spec"] = new JsonObject { ["containers"] = containers } },
            },
            ["status"] = new JsonObject(),
        }, "deployment");
    }

    private static JsonObject PodTemplate(string name, string image, JsonArray? command, string restart)
    {
        var container = new JsonObject { ["image"] = image, ["name"] = name, ["resources"] = new JsonObject() };
        if (command is not null)
        {
            container["command"] = command;
        }

        return new JsonObject { ["metadata"] = new JsonObject(), ["spec"] = new JsonObject { ["containers"] = new JsonArray(container), ["restartPolicy"] = restart } };
    }

    private static async Task<int> JobAsync(Invocation i)
    {
        var (name, command) = NameAndCommand(i);
        var metadata = CreateVerb.Metadata(name);
        JsonObject spec;
        if (i.Flags.TextOrNull("from") is { } from)
        {
            var item = await ResourceArguments.OneAsync(i, [from]).ConfigureAwait(false);
            if (item.Mapping.Kind != "CronJob")
            {
                throw new CommandException($"from must be an existing cronjob");
            }

            var cron = await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false);
            var annotations = (JsonObject)cron.Map("spec", "jobTemplate", "metadata", "annotations").DeepClone();
            annotations["cronjob.kubernetes.io/instantiate"] = "manual";
            metadata["annotations"] = annotations;
            if (cron.At("spec", "jobTemplate", "metadata", "labels") is { } labels)
            {
                metadata["labels"] = labels.DeepClone();
            }

            metadata["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "batch/v1",
                ["kind"] = "CronJob",
                ["name"] = item.Name,
                ["uid"] = cron.Text("metadata", "uid"),
                ["controller"] = true,
            });
            spec = (JsonObject)cron.Map("spec", "jobTemplate", "spec").DeepClone();
        }
        else
        {
            if (i.Flags.TextOrNull("image") is not { } image)
            {
                throw new CommandException("either --image or --from must be specified");
            }

            spec = new JsonObject { ["template"] = PodTemplate(name, image, command, "Never") };
        }

        return await CreateVerb.CreateAsync(
            i, new JsonObject { ["apiVersion"] = "batch/v1", ["kind"] = "Job", ["metadata"] = metadata, ["spec"] = spec, ["status"] = new JsonObject() }, "job").ConfigureAwait(false);
    }

    private static Task<int> CronJobAsync(Invocation i)
    {
        var (name, command) = NameAndCommand(i);
        var template = PodTemplate(name, Required(i, "image"), command, i.Flags.TextOrNull("restart") ?? "OnFailure");
        return CreateVerb.CreateAsync(i, new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "CronJob",
            ["metadata"] = CreateVerb.Metadata(name),
            ["spec"] = new JsonObject
            {
                ["jobTemplate"] = new JsonObject { ["metadata"] = CreateVerb.Metadata(name), ["spec"] = new JsonObject { ["template"] = template } },
                ["schedule"] = Required(i, "schedule"),
            },
            ["status"] = new JsonObject(),
        }, "cronjob");
    }
}
