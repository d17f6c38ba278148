using System.Text.Json.Nodes;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs.Create;

/// <summary>kubectl create ingress.</summary>
internal static class CreateIngress
{
    public static readonly Command Definition = new("ingress", "Create an ingress with the specified name")
    {
        Aliases = ["ing"],
        Usage = "NAME --rule=host/path=service:port[,tls[=secret]]",
        Examples = """
            # Everything below a host to a service
            kubectl create ingress web --class=default --rule="example.com/*=web:80"

            # With TLS
            kubectl create ingress web --rule="example.com/=web:80,tls=web-tls"
            """,
        Flags =
        [
            Flag.Array("annotation", "Annotation key=value."), Flag.Text("class", "The ingress class."),
            Flag.Text("default-backend", "Service for everything else, as svc:port."), Flag.Array("rule", "host/path=service:port[,tls=secretname]."), .. CreateVerb.CommonFlags,
        ],
        Run = RunAsync,
    };

    private static Task<int> RunAsync(Invocation i)
    {
        if (i.Flags.List("rule").Count == 0 && i.Flags.TextOrNull("default-backend") is null)
        {
            throw new CommandException("not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)");
        }

        var ingress = CreateSimple.Object("networking.k8s.io/v1", "Ingress", i);
        foreach (var annotation in i.Flags.List("annotation"))
        {
            var parts = annotation.Split('=', 2);
            ingress.Ensure("metadata", "annotations")[parts[0]] = parts.ElementAtOrDefault(1) ?? "";
        }

        var spec = ingress.Ensure("spec");
        if (i.Flags.TextOrNull("class") is { } name)
        {
            spec["ingressClassName"] = name;
        }

        if (i.Flags.TextOrNull("default-backend") is { } backend)
        {
            spec["defaultBackend"] = Backend(backend);
        }

        AddRules(spec, i.Flags.List("rule"));
        ingress["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
        return CreateVerb.CreateAsync(i, ingress, "ingress");
    }

    private static void AddRules(JsonObject spec, IReadOnlyList<string> rules)
    {
        var byHost = new Dictionary<string, JsonArray>();
        var tls = new JsonArray();
        foreach (var rule in rules)
        {
            var comma = rule.IndexOf(',', StringComparison.Ordinal);
            var main = comma < 0 ? rule : rule[..comma];
            var equals = main.IndexOf('=', StringComparison.Ordinal);
            var slash = main.IndexOf('/', StringComparison.Ordinal);
            if (equals < 0 || slash < 0 || slash > equals)
            {
                throw new CommandException($"rule {rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]");
            }

            var (host, path) = (main[..slash], main[slash..equals]);
            var prefix = path.EndsWith('*');
            if (!byHost.TryGetValue(host, out var paths))
            {
                byHost[host] = paths = [];
            }

            paths.Add(new JsonObject { ["backend"] = Backend(main[(equals + 1)..]), ["path"] = prefix ? path[..^1] : path, ["pathType"] = prefix ? "Prefix" : "Exact" });
            if (comma >= 0 && rule[(comma + 1)..] is var t && t.StartsWith("tls", StringComparison.Ordinal))
            {
                var entry = new JsonObject();
                if (host.Length > 0)
                {
                    entry["hosts"] = new JsonArray(host);
                }

                if (t.StartsWith("tls=", StringComparison.Ordinal))
                {
                    entry["secretName"] = t[4..];
                }

                tls.Add(entry);
            }
        }

        if (byHost.Count > 0)
        {
            spec["rules"] = new JsonArray([.. byHost.Select(h => h.Key.Length == 0
                ? new JsonObject { ["http"] = new JsonObject { ["paths"] = h.Value } }
                : new JsonObject { ["host"] = h.Key, ["http"] = new JsonObject { ["paths"] = h.Value } })]);
        }

        if (tls.Count > 0)
        {
            spec["tls"] = tls;
        }
    }

    private static JsonObject Backend(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0)
        {
            throw new CommandException($"backend {text} should be in format servicename:serviceport");
        }

        var port = text[(colon + 1)..];
        return new JsonObject
        {
            ["service"] = new JsonObject
            {
                ["name"] = text[..colon],
                ["port"] = int.TryParse(port, out var number) ? new JsonObject { ["number"] = number } : new JsonObject { ["name"] = port },
            },
        };
    }
}
