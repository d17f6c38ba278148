using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Api.Networking.V1;

namespace Kobune.Proxy.Tests.Golden;

/// <summary>Objects as people write them.</summary>
internal static class Objects
{
    private static readonly Dictionary<string, Func<byte[], KubeObject>> Readers = new()
    {
        ["Service"] = json => KubeJson.Read<Service>(json),
        ["EndpointSlice"] = json => KubeJson.Read<EndpointSlice>(json),
        ["Pod"] = json => KubeJson.Read<Pod>(json),
        ["Namespace"] = json => KubeJson.Read<Namespace>(json),
        ["NetworkPolicy"] = json => KubeJson.Read<NetworkPolicy>(json),
    };

    public static List<KubeObject> Read(string yaml) =>
        [.. KubeYaml.ToJson(yaml).Select(json => Readers[System.Text.Json.Nodes.JsonNode.Parse(json)!["kind"]!.GetValue<string>()](json))];
}
