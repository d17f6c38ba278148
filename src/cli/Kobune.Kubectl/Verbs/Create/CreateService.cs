using System.Text.Json.Nodes;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs.Create;

/// <summary>kubectl create service.</summary>
internal static class CreateService
{
    private static readonly Flag Tcp = Flag.List("tcp", "Ports: port, or port:targetPort.");

    public static readonly Command Definition = new("service", "Create a service using a specified subcommand")
    {
        Aliases = ["svc"],
        Commands =
        [
            new("clusterip", "Create a ClusterIP service")
            {
                Usage = "NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]",
                Examples = "# A service on port 80 for the pods' port 8080\nkubectl create service clusterip web --tcp=80:8080",
                Flags = [Flag.Text("clusterip", "The address, or \"None\" for a headless service."), Tcp, .. CreateVerb.CommonFlags],
                Run = i => RunAsync(i, "ClusterIP"),
            },
            new("externalname", "Create an ExternalName service")
            {
                Usage = "NAME --external-name external.name [--dry-run=server|client|none]",
                Examples = "# A name for something outside\nkubectl create service externalname db --external-name db.example.com",
                Flags = [Flag.Text("external-name", "The name outside."), Tcp, .. CreateVerb.CommonFlags],
                Run = i => RunAsync(i, "ExternalName"),
            },
            new("loadbalancer", "Create a LoadBalancer service")
            {
                Usage = "NAME [--tcp=port:targetPort] [--dry-run=server|client|none]",
                Examples = "# A service with an address outside\nkubectl create service loadbalancer web --tcp=80:8080",
                Flags = [Tcp, .. CreateVerb.CommonFlags],
                Run = i => RunAsync(i, "LoadBalancer"),
            },
            new("nodeport", "Create a NodePort service")
            {
                Usage = "NAME [--tcp=port:targetPort] [--dry-run=server|client|none]",
                Examples = "# A service on a port of every node\nkubectl create service nodeport web --tcp=80:8080",
                Flags = [Flag.Int("node-port", "The port on the nodes.", 0), Tcp, .. CreateVerb.CommonFlags],
                Run = i => RunAsync(i, "NodePort"),
            },
        ],
    };

    private static Task<int> RunAsync(Invocation i, string type)
    {
        var name = CreateVerb.Name(i);
        var headless = type == "ClusterIP" && i.Flags.Text("clusterip") == "None";
        var ports = new JsonArray([.. i.Flags.List("tcp").Select(p => Port(p, type == "NodePort" ? i.Flags.Int("node-port") : 0))]);
        if (ports.Count == 0 && type != "ExternalName" && !headless)
        {
            throw new CommandException("at least one tcp port specifier must be provided");
        }

        var metadata = CreateVerb.Metadata(name);
        metadata["labels"] = new JsonObject { ["app"] = name };
        var spec = new JsonObject();
        if (type == "ClusterIP" && i.Flags.TextOrNull("clusterip") is { } address)
        {
            spec["clusterIP"] = address;
        }

        if (type == "ExternalName")
        {
            spec["externalName"] = i.Flags.TextOrNull("external-name") ?? throw new CommandException("required flag(s) \"external-name\" not set");
        }

        if (ports.Count > 0)
        {
            spec["ports"] = ports;
        }

        spec["selector"] = new JsonObject { ["app"] = name };
        spec["type"] = type;
        return CreateVerb.CreateAsync(i, new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Service",
            ["metadata"] = metadata,
            ["spec"] = spec,
            ["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() },
        }, $"{type} service");
    }

    private static JsonNode Port(string text, int nodePort)
    {
        var parts = text.Split(':');
        if (!int.TryParse(parts[0], out var port) || parts.Length > 2)
        {
            throw new CommandException($"invalid port {text}: expected <port> or <port>:<targetPort>");
        }

        var target = parts.ElementAtOrDefault(1) ?? parts[0];
        var result = new JsonObject { ["name"] = text.Replace(':', '-'), ["port"] = port, ["protocol"] = "TCP", ["targetPort"] = int.TryParse(target, out var number) ? number : target };
        if (nodePort > 0)
        {
            result["nodePort"] = nodePort;
        }

        return result;
    }
}
