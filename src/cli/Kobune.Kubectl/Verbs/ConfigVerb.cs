using System.Text.Json.Nodes;
using Kobune.Api.JsonPaths;
using Kobune.Client.Config;
using Kobune.Client.Yaml;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl config: reads and changes kubeconfig files.</summary>
internal static class ConfigVerb
{
    public static readonly Command Definition = new("config", "Modify kubeconfig files")
    {
        Long = "Modify kubeconfig files. Without --kubeconfig these are the files of $KUBECONFIG, or ~/.kube/config.",
        Commands =
        [
            Simple("current-context", "Display the current-context", "", CurrentContext),
            Simple("delete-cluster", "Delete the specified cluster from the kubeconfig", "NAME", i => Delete(i, KubeConfigSection.Clusters, "cluster")),
            Simple("delete-context", "Delete the specified context from the kubeconfig", "NAME", i => Delete(i, KubeConfigSection.Contexts, "context")),
            Simple("delete-user", "Delete the specified user from the kubeconfig", "NAME", i => Delete(i, KubeConfigSection.Users, "user")),
            Simple("get-clusters", "Display clusters defined in the kubeconfig", "", i => Names(i, KubeConfigSection.Clusters)),
            new("get-contexts", "Describe one or many contexts")
            {
                Usage = "[(-o|--output=)name)]",
                Examples = "# All contexts\nkubectl config get-contexts",
                Flags = [Flag.Bool("no-headers", "No header line."), Flag.Text("output", "name.", 'o')],
                Run = i => Task.FromResult(GetContexts(i)),
            },
            Simple("get-users", "Display users defined in the kubeconfig", "", i => Names(i, KubeConfigSection.Users)),
            Simple("rename-context", "Rename a context from the kubeconfig file", "CONTEXT_NAME NEW_NAME", Rename),
            Simple("set", "Set an individual value in a kubeconfig file", "PROPERTY_NAME PROPERTY_VALUE", i => SetValue(i, unset: false)),
            new("set-cluster", "Set a cluster entry in kubeconfig")
            {
                Usage = "NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]",
                Examples = "# Another address for a cluster\nkubectl config set-cluster lab --server=https://1.2.3.4",
                Flags = [Flag.Bool("embed-certs", "Write the certificate into the file."), Flag.Text("proxy-url", "Proxy for this cluster.")],
                Run = i => Task.FromResult(SetCluster(i)),
            },
            new("set-context", "Set a context entry in kubeconfig")
            {
                Usage = "[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]",
                Examples = "# Another namespace for the current context\nkubectl config set-context --current --namespace=team-a",
                Flags = [Flag.Bool("current", "Change the current context.")],
                Run = i => Task.FromResult(SetContext(i)),
            },
            new("set-credentials", "Set a user entry in kubeconfig")
            {
                Usage = "NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password]",
                Examples = "# A token for a user\nkubectl config set-credentials anna --token=abc",
                Flags =
                [
                    Flag.Bool("embed-certs", "Write the certificate and key into the file."), Flag.Text("exec-command", "Command that prints credentials."),
                    Flag.Text("exec-api-version", "Its API version."), Flag.List("exec-arg", "Its arguments."), Flag.Array("exec-env", "Its environment."),
                ],
                Run = i => Task.FromResult(SetCredentials(i)),
            },
            Simple("unset", "Unset an individual value in a kubeconfig file", "PROPERTY_NAME", i => SetValue(i, unset: true)),
            Simple("use-context", "Set the current-context in a kubeconfig file", "CONTEXT_NAME", UseContext, "use"),
            new("view", "Display merged kubeconfig settings or a specified kubeconfig file")
            {
                Examples = "# Everything, secrets left out\nkubectl config view\n\n# Only the current context, with secrets\nkubectl config view --minify --raw",
                Flags =
                [
                    Flag.Bool("flatten", "Write the content of files into it."), Flag.Bool("merge", "Merge the files.", on: true), Flag.Bool("minify", "Only what the current context uses."),
                    Flag.Bool("raw", "Show secrets."), OutputFormat.Output, OutputFormat.Template, OutputFormat.AllowMissing, OutputFormat.ShowManagedFields,
                ],
                Run = i => Task.FromResult(View(i)),
            },
        ],
    };

    private static Command Simple(string name, string text, string usage, Func<Invocation, int> run, params string[] aliases) =>
        new(name, text) { Usage = usage, Aliases = aliases, Run = i => Task.FromResult(run(i)) };

    private static KubeConfig Load(Invocation i) => KubeConfig.Load(i.Flags.TextOrNull("kubeconfig"), mayBeAbsent: true);

    private static string Argument(Invocation i, int count = 1) =>
        i.Arguments.Count == count ? i.Arguments[0] : throw CommandException.Usage(i, $"Unexpected args: [{string.Join(' ', i.Arguments)}]");

    private static int CurrentContext(Invocation i)
    {
        var current = Load(i).CurrentContext;
        i.Out.WriteLine(current.Length > 0 ? current : throw new CommandException("current-context is not set"));
        return 0;
    }

    private static int UseContext(Invocation i)
    {
        var name = Argument(i);
        var config = Load(i);
        if (config.Find(KubeConfigSection.Contexts, name) is null)
        {
            throw new CommandException($"no context exists with the name: {GoText.Quote(name)}");
        }

        config.SetCurrentContext(name);
        i.Out.WriteLine($"Switched to context {GoText.Quote(name)}.");
        return 0;
    }

    private static int Names(Invocation i, KubeConfigSection section)
    {
        i.Out.WriteLine("NAME");
        foreach (var name in Load(i).Names(section))
        {
            i.Out.WriteLine(name);
        }

        return 0;
    }

    private static int Delete(Invocation i, KubeConfigSection section, string what)
    {
        var name = Argument(i);
        var config = Load(i);
        var file = config.FileOf(section, name).Path;
        var current = config.CurrentContext;
        if (!config.Remove(section, name))
        {
            throw new CommandException($"cannot delete {what} {name}, not in {file}");
        }

        if (what == "context" && current == name)
        {
            i.Error.WriteLine("warning: this removed your active context, use \"kubectl config use-context\" to select a different one");
        }

        i.Out.WriteLine(what == "user" ? $"deleted {what} {name} from {file}" : $"deleted {what} {name} from {file}");
        return 0;
    }

    private static int GetContexts(Invocation i)
    {
        var config = Load(i);
        var names = i.Arguments.Count > 0 ? i.Arguments : config.Names(KubeConfigSection.Contexts);
        if (i.Flags.Text("output") == "name")
        {
            foreach (var name in names)
            {
                i.Out.WriteLine(name);
            }

            return 0;
        }

        var table = new TabWriter(6, 3);
        if (!i.Flags.Bool("no-headers"))
        {
            table.WriteLine("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE");
        }

        foreach (var name in names)
        {
            var context = config.Find(KubeConfigSection.Contexts, name) ?? throw new CommandException($"context {name} not found");
            table.WriteLine($"{(name == config.CurrentContext ? "*" : "")}\t{name}\t{context.Text("cluster")}\t{context.Text("user")}\t{context.Text("namespace")}");
        }

        i.Out.Write(table.Flush());
        return 0;
    }

    private static int Rename(Invocation i)
    {
        var old = Argument(i, 2);
        var name = i.Arguments[1];
        var config = Load(i);
        if (config.Find(KubeConfigSection.Contexts, old) is null)
        {
            throw new CommandException($"cannot rename the context {GoText.Quote(old)}, it's not in {config.FileOf(KubeConfigSection.Contexts, old).Path}");
        }

        if (config.Find(KubeConfigSection.Contexts, name) is not null)
        {
            throw new CommandException($"cannot rename the context {GoText.Quote(old)}, the context {GoText.Quote(name)} already exists in {config.FileOf(KubeConfigSection.Contexts, name).Path}");
        }

        var current = config.CurrentContext;
        var file = config.FileOf(KubeConfigSection.Contexts, old);
        file.Rename(KubeConfigSection.Contexts, old, name);
        file.Write();
        if (current == old)
        {
            config.SetCurrentContext(name);
        }

        i.Out.WriteLine($"Context {GoText.Quote(old)} renamed to {GoText.Quote(name)}.");
        return 0;
    }

    private static int SetCluster(Invocation i)
    {
        var name = Argument(i);
        var config = Load(i);
        var cluster = (JsonObject)(config.Find(KubeConfigSection.Clusters, name)?.DeepClone() ?? new JsonObject());
        Text(i, cluster, "server", "server");
        Text(i, cluster, "tls-server-name", "tls-server-name");
        Text(i, cluster, "proxy-url", "proxy-url");
        if (i.Flags.Changed("insecure-skip-tls-verify"))
        {
            cluster["insecure-skip-tls-verify"] = i.Flags.Bool("insecure-skip-tls-verify");
        }

        FileOrData(i, cluster, "certificate-authority", i.Flags.Bool("embed-certs"));
        config.Set(KubeConfigSection.Clusters, name, cluster);
        i.Out.WriteLine($"Cluster {GoText.Quote(name)} set.");
        return 0;
    }

    private static int SetCredentials(Invocation i)
    {
        var name = Argument(i);
        var config = Load(i);
        var user = (JsonObject)(config.Find(KubeConfigSection.Users, name)?.DeepClone() ?? new JsonObject());
        Text(i, user, "token", "token");
        Text(i, user, "username", "username");
        Text(i, user, "password", "password");
        FileOrData(i, user, "client-certificate", i.Flags.Bool("embed-certs"));
        FileOrData(i, user, "client-key", i.Flags.Bool("embed-certs"));
        if (i.Flags.TextOrNull("exec-command") is { } command)
        {
            var exec = user.Ensure("exec");
            exec["command"] = command;
            exec["apiVersion"] = i.Flags.TextOrNull("exec-api-version") ?? "client.authentication.k8s.io/v1";
            exec["args"] = new JsonArray([.. i.Flags.List("exec-arg").Select(a => (JsonNode)a)]);
            exec["env"] = new JsonArray([.. i.Flags.List("exec-env").Select(e => e.Split('=', 2)).Select(p => (JsonNode)new JsonObject { ["name"] = p[0], ["value"] = p.ElementAtOrDefault(1) ?? "" })]);
            exec["interactiveMode"] = "IfAvailable";
        }

        config.Set(KubeConfigSection.Users, name, user);
        i.Out.WriteLine($"User {GoText.Quote(name)} set.");
        return 0;
    }

    private static int SetContext(Invocation i)
    {
        var config = Load(i);
        var current = i.Flags.Bool("current");
        if (current == (i.Arguments.Count > 0))
        {
            throw CommandException.Usage(i, current ? "you cannot specify both a context name and --current" : "you must specify a non-empty context name or --current");
        }

        var name = current ? config.CurrentContext : i.Arguments[0];
        if (name.Length == 0)
        {
            throw new CommandException("no current context is set");
        }

        var existing = config.Find(KubeConfigSection.Contexts, name);
        var context = (JsonObject)(existing?.DeepClone() ?? new JsonObject());
        Text(i, context, "cluster", "cluster");
        Text(i, context, "user", "user");
        Text(i, context, "namespace", "namespace");
        config.Set(KubeConfigSection.Contexts, name, context);
        i.Out.WriteLine($"Context {GoText.Quote(name)} {(existing is null ? "created" : "modified")}.");
        return 0;
    }

    private static void Text(Invocation i, JsonObject target, string flag, string member)
    {
        if (i.Flags.Changed(flag))
        {
            target[member] = i.Flags.Text(flag);
        }
    }

    private static void FileOrData(Invocation i, JsonObject target, string name, bool embed)
    {
        if (i.Flags.TextOrNull(name) is not { } path)
        {
            return;
        }

        target.Remove(name);
        target.Remove(name + "-data");
        if (embed)
        {
            target[name + "-data"] = Convert.ToBase64String(File.Exists(path) ? File.ReadAllBytes(path) : throw new CommandException($"could not read {name} data from {path}: open {path}: no such file or directory"));
        }
        else
        {
            target[name] = Path.GetFullPath(path);
        }
    }

    /// <summary>"users.anna.token", "current-context", "contexts.lab.namespace".</summary>
    private static int SetValue(Invocation i, bool unset)
    {
        var property = Argument(i, unset ? 1 : 2);
        var config = Load(i);
        if (property == "current-context")
        {
            config.SetCurrentContext(unset ? "" : i.Arguments[1]);
        }
        else
        {
            var section = property.Split('.')[0] switch
            {
                "clusters" => KubeConfigSection.Clusters,
                "contexts" => KubeConfigSection.Contexts,
                "users" => KubeConfigSection.Users,
                var other => throw new CommandException($"unable to parse {property}: no such property {other}"),
            };
            var rest = property[(section.List.Length + 1)..];
            var name = config.Names(section).Where(n => rest == n || rest.StartsWith(n + ".", StringComparison.Ordinal)).OrderByDescending(n => n.Length).FirstOrDefault()
                ?? rest.Split('.')[0];
            if (rest == name && unset)
            {
                config.Remove(section, name);
            }
            else
            {
                var value = (JsonObject)(config.Find(section, name)?.DeepClone() ?? new JsonObject());
                var member = rest.Length > name.Length ? rest[(name.Length + 1)..] : throw new CommandException("the property needs a field");
                value.Remove(member);
                if (!unset)
                {
                    value[member] = i.Arguments[1] is "true" or "false" ? JsonValue.Create(i.Arguments[1] == "true") : JsonValue.Create(i.Arguments[1]);
                }

                config.Set(section, name, value);
            }
        }

        i.Out.WriteLine($"Property {GoText.Quote(property)} {(unset ? "unset" : "set")}.");
        return 0;
    }

    private static int View(Invocation i)
    {
        var config = Load(i);
        var merged = config.Merged();
        if (i.Flags.Bool("minify"))
        {
            Minify(merged, i.Flags.TextOrNull("context") ?? config.CurrentContext);
        }

        if (i.Flags.Bool("flatten"))
        {
            Flatten(merged);
        }

        if (!i.Flags.Bool("raw") && !i.Flags.Bool("flatten"))
        {
            Redact(merged);
        }

        var format = OutputFormat.Of(i);
        new ObjectPrinter(i, format.Name.Length == 0 ? new OutputFormat("yaml", "") : format).Print(merged, i.Out);
        return 0;
    }

    private static void Minify(JsonObject config, string contextName)
    {
        var context = config.Objects("contexts").FirstOrDefault(c => c.Text("name") == contextName) ?? throw new CommandException("current-context must exist in order to minify");
        config["current-context"] = contextName;
        config["contexts"] = new JsonArray(context.DeepClone());
        config["clusters"] = new JsonArray([.. config.Objects("clusters").Where(c => c.Text("name") == context.Text("context", "cluster")).Select(c => c.DeepClone())]);
        config["users"] = new JsonArray([.. config.Objects("users").Where(c => c.Text("name") == context.Text("context", "user")).Select(c => c.DeepClone())]);
    }

    private static void Flatten(JsonObject config)
    {
        foreach (var entry in config.Objects("clusters").Select(c => c.Map("cluster")).Concat(config.Objects("users").Select(u => u.Map("user"))))
        {
            foreach (var name in new[] { "certificate-authority", "client-certificate", "client-key" }.Where(n => entry.TextOrNull(n) is not null))
            {
                entry[name + "-data"] = Convert.ToBase64String(File.ReadAllBytes(entry.Text(name)));
                entry.Remove(name);
            }
        }
    }

    private static void Redact(JsonObject config)
    {
        foreach (var cluster in config.Objects("clusters").Select(c => c.Map("cluster")).Where(c => c.ContainsKey("certificate-authority-data")))
        {
            cluster["certificate-authority-data"] = "DATA+OMITTED";
        }

        foreach (var user in config.Objects("users").Select(u => u.Map("user")))
        {
            foreach (var (name, shown) in new[] { ("client-certificate-data", "DATA+OMITTED"), ("client-key-data", "DATA+OMITTED"), ("token", "REDACTED"), ("password", "REDACTED") })
            {
                if (user.ContainsKey(name))
                {
                    user[name] = shown;
                }
            }
        }
    }
}
