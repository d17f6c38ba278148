namespace Kobune.Client.Http;

/// <summary>Media types of the Kubernetes API.</summary>
public static class MediaTypes
{
    public const string Json = "application/json";
    public const string Yaml = "application/yaml";
    public const string JsonPatch = "application/json-patch+json";
    public const string MergePatch = "application/merge-patch+json";
    public const string StrategicMergePatch = "application/strategic-merge-patch+json";
    public const string ApplyPatch = "application/apply-patch+yaml";

    /// <summary>Rows as the server prints them, or plain objects from a server that cannot.</summary>
    public const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    public const string AggregatedDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
}
