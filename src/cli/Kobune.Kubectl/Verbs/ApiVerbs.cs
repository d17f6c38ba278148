using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl api-resources, api-versions, version, cluster-info, options.</summary>
internal static class ApiVerbs
{
    public static readonly Command Resources = new("api-resources", "Print the supported API resources on the server")
    {
        Examples = "# All types\nkubectl api-resources\n\n# Those in namespaces\nkubectl api-resources --namespaced=true\n\n# Those of a group\nkubectl api-resources --api-group=apps",
        Flags =
        [
            Flag.Text("api-group", "Only of this group."), Flag.Bool("cached", "Use the cached list."), Flag.List("categories", "Only of these categories."),
            Flag.Bool("namespaced", "Only those in namespaces, or with =false only the others.", on: true), Flag.Bool("no-headers", "No header line."),
            Flag.Text("output", "wide or name.", 'o'), Flag.Text("sort-by", "name or kind."), Flag.List("verbs", "Only those with these verbs."),
        ],
        Run = ResourcesAsync,
    };

    public static readonly Command Versions = new("api-versions", "Print the supported API versions on the server, in the form of \"group/version\"")
    {
        Examples = "# All versions\nkubectl api-versions",
        Run = async i =>
        {
            foreach (var version in (await i.Cluster.Discovery.GroupVersionsAsync(i.Cancellation).ConfigureAwait(false)).Order(StringComparer.Ordinal))
            {
                i.Out.WriteLine(version);
            }

            return 0;
        },
    };

    public static readonly Command Version = new("version", "Print the client and server version information")
    {
        Examples = "# Both versions\nkubectl version",
        Flags = [Flag.Bool("client", "Only the client's."), Flag.Text("output", "json or yaml.", 'o')],
        Run = VersionAsync,
    };

    public static readonly Command ClusterInfo = new("cluster-info", "Display cluster information")
    {
        Examples = "# Where the control plane is\nkubectl cluster-info",
        Run = ClusterInfoAsync,
    };

    public static readonly Command Options = new("options", "Print the list of flags inherited by all commands")
    {
        Run = i =>
        {
            i.Out.WriteLine("The following options can be passed to any command:\n");
            HelpPrinter.PrintFlags(GlobalFlags.All, i.Out);
            return Task.FromResult(0);
        },
    };

    private static async Task<int> ResourcesAsync(Invocation i)
    {
        var resources = (await i.Cluster.Discovery.ResourcesAsync(i.Cancellation).ConfigureAwait(false)).Where(m => m.Verbs.Count > 0).DistinctBy(m => (m.Group, m.Plural));
        if (i.Flags.Changed("api-group"))
        {
            resources = resources.Where(m => m.Group == i.Flags.Text("api-group"));
        }

        if (i.Flags.Changed("namespaced"))
        {
            resources = resources.Where(m => m.Namespaced == i.Flags.Bool("namespaced"));
        }

        resources = resources.Where(m => i.Flags.List("verbs").All(m.Verbs.Contains) && i.Flags.List("categories").All(m.Categories.Contains));
        resources = i.Flags.Text("sort-by") switch
        {
            "name" => resources.OrderBy(m => m.Plural, StringComparer.Ordinal),
            "kind" => resources.OrderBy(m => m.Kind, StringComparer.Ordinal),
            "" => resources.OrderBy(m => m.Group, StringComparer.Ordinal).ThenBy(m => m.Plural, StringComparer.Ordinal),
            var other => throw new CommandException($"--sort-by accepts only name or kind, not {other}"),
        };
        if (i.Flags.Text("output") == "name")
        {
            foreach (var m in resources)
            {
                i.Out.WriteLine(m.QualifiedPlural);
            }

            return 0;
        }

        var wide = i.Flags.Text("output") == "wide";
        var table = new TabWriter(6, 3);
        if (!i.Flags.Bool("no-headers"))
        {
            table.WriteLine("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND" + (wide ? "\tVERBS\tCATEGORIES" : ""));
        }

        foreach (var m in resources)
        {
            table.WriteLine($"{m.Plural}\t{string.Join(',', m.ShortNames)}\t{m.ApiVersion}\t{(m.Namespaced ? "true" : "false")}\t{m.Kind}"
                + (wide ? $"\t{string.Join(',', m.Verbs)}\t{string.Join(',', m.Categories)}" : ""));
        }

        i.Out.Write(table.Flush());
        return 0;
    }

    private static async Task<int> VersionAsync(Invocation i)
    {
        const string client = "v1.36.0";
        const string kustomize = "v5.7.1";
        JsonObject? server = null;
        Exception? failure = null;
        if (!i.Flags.Bool("client"))
        {
            try
            {
                server = await i.Cluster.GetAsync("/version", i.Cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or Kobune.Api.KubeStatusException)
            {
                failure = e;
            }
        }

        if (i.Flags.TextOrNull("output") is { } output)
        {
            var info = new JsonObject
            {
                ["clientVersion"] = new JsonObject { ["major"] = "1", ["minor"] = "36", ["gitVersion"] = client, ["platform"] = "linux/" + Architecture, ["compiler"] = "roslyn" },
                ["kustomizeVersion"] = kustomize,
            };
            if (server is not null)
            {
                info["serverVersion"] = server.DeepClone();
            }

            i.Out.Write(output switch
            {
                "json" => GoJson.Indented(info) + "\n",
                "yaml" => Kobune.Client.Yaml.YamlTree.Format(JsonTree.Sorted(info)),
                _ => throw new CommandException("--output must be 'yaml' or 'json'"),
            });
        }
        else
        {
            i.Out.WriteLine($"Client Version: {client}\nKustomize Version: {kustomize}");
            if (server is not null)
            {
                i.Out.WriteLine($"Server Version: {server.Text("gitVersion")}");
            }
        }

        return failure is null ? 0 : throw failure;
    }

    private static string Architecture => System.Runtime.InteropServices.RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static async Task<int> ClusterInfoAsync(Invocation i)
    {
        var server = i.Cluster.Config.Server.ToString().TrimEnd('/');
        var services = await i.Cluster.GetAsync(
            ApiPaths.WithQuery(ApiPaths.Resource("", "v1", "services", "kube-system"), ("labelSelector", "kubernetes.io/cluster-service=true")), i.Cancellation).ConfigureAwait(false);
        var (green, yellow, end) = i.Console.IsOutputTerminal ? ("\u001b[0;32m", "\u001b[0;33m", "\u001b[0m") : ("", "", "");
        i.Out.WriteLine($"{green}Kubernetes control plane{end} is running at {yellow}{server}{end}");
        foreach (var service in ResourceFinder.ItemsOf(services))
        {
            var port = service.Objects("spec", "ports").FirstOrDefault().TextOrNull("name") is { } n ? ":" + n : "";
            var name = service.TextOrNull("metadata", "labels", "kubernetes.io/name") ?? service.Name();
            i.Out.WriteLine($"{green}{name}{end} is running at {yellow}{server}/api/v1/namespaces/kube-system/services/{service.Name()}{port}/proxy{end}");
        }

        i.Out.WriteLine($"\nTo further debug and diagnose cluster problems, use '{i.Root.Name} cluster-info dump'.");
        return 0;
    }
}
