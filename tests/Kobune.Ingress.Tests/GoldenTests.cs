using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Ingress.Rendering;
using Kobune.Ingress.Routing;

namespace Kobune.Ingress.Tests;

/// <summary>Golden/NAME: Ingresses, Services and EndpointSlices (input.yaml) beside nginx.conf and the problems (problems.txt) that they give.</summary>
public sealed class GoldenTests
{
    private static readonly IngressOptions Options = new("/prefix", "10.89.0.2") { Resolver = "10.89.0.2:10053" };

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden");

    public static TheoryData<string> Cases => [.. Directory.EnumerateDirectories(Folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ingresses_give_this_configuration(string name)
    {
        var folder = Path.Combine(Folder, name);
        var (config, problems) = RouteTable.Build(Read(File.ReadAllText(Path.Combine(folder, "input.yaml"))));
        var text = NginxConfigWriter.Write(config, Options);
        var told = string.Concat(problems.Select(p => $"{p.Ingress.Name}: {p.Message}\n"));
        if (Environment.GetEnvironmentVariable("KOBUNE_GOLDEN") is { Length: > 0 } source)
        {
            File.WriteAllText(Path.Combine(source, name, "nginx.conf"), text);
            File.WriteAllText(Path.Combine(source, name, "problems.txt"), told);
            return;
        }
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "nginx.conf")), text);
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "problems.txt")), told);
    }

    private static ClusterState Read(string yaml)
    {
        var ingresses = new List<Api.Networking.V1.Ingress>();
        var services = new Dictionary<(string, string), Service>();
        var slices = new List<EndpointSlice>();
        foreach (var json in KubeYaml.ToJson(yaml))
        {
            switch (JsonNode.Parse(json)!["kind"]!.GetValue<string>())
            {
                case "Ingress":
                    ingresses.Add(KubeJson.Read<Api.Networking.V1.Ingress>(json));
                    break;
                case "Service":
                    var service = KubeJson.Read<Service>(json);
                    services[(service.Namespace, service.Name)] = service;
                    break;
                default:
                    slices.Add(KubeJson.Read<EndpointSlice>(json));
                    break;
            }
        }
        return new ClusterState(
            ingresses,
            (ns, name) => services.GetValueOrDefault((ns, name)),
            (ns, name) => slices.Where(s => s.Namespace == ns && s.Metadata.Labels["kubernetes.io/service-name"] == name),
            (ns, name) => name == "broken" ? null : $"/prefix/certs/{ns}_{name}.pem");
    }
}
