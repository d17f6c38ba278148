using System.Text.Json;

namespace Kobune.Kubelet.Server;

/// <summary>/configz: the kubelet's settings in the form of KubeletConfiguration.</summary>
internal static class ConfigPage
{
    public static byte[] Write(KubeletOptions options)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("kubeletconfig");
            json.WriteString("kind", "KubeletConfiguration");
            json.WriteString("apiVersion", "kubelet.config.k8s.io/v1beta1");
            json.WriteString("address", options.Server?.Address.ToString() ?? "");
            json.WriteNumber("port", options.Server?.Port ?? 0);
            json.WriteString("clusterDomain", options.ClusterDomain);
            json.WriteStartArray("clusterDNS");
            if (options.ClusterDns is { } dns)
            {
                json.WriteStringValue(dns);
            }

            json.WriteEndArray();
            json.WriteNumber("maxPods", options.MaxPods);
            json.WriteString("containerLogMaxSize", $"{options.ContainerLogMaxSize >> 20}Mi");
            json.WriteNumber("containerLogMaxFiles", options.ContainerLogMaxFiles);
            json.WriteNumber("maxParallelImagePulls", options.MaxParallelPulls);
            json.WriteString("resolvConf", options.ResolvConf);
            json.WriteString("cgroupRoot", options.CgroupRoot);
            json.WriteString("containerRuntimeEndpoint", "unix://" + options.CriSocket);
            json.WriteNumber("nodeLeaseDurationSeconds", 40);
            json.WriteNumber("imageGCHighThresholdPercent", (int)(options.Eviction.ImageGcHigh * 100));
            json.WriteNumber("imageGCLowThresholdPercent", (int)(options.Eviction.ImageGcLow * 100));
            json.WriteStartObject("evictionHard");
            json.WriteString("memory.available", $"{options.Eviction.MemoryAvailable >> 20}Mi");
            json.WriteString("nodefs.available", $"{options.Eviction.NodeFsAvailable * 100:0}%");
            json.WriteString("nodefs.inodesFree", $"{options.Eviction.NodeFsInodesFree * 100:0}%");
            json.WriteString("pid.available", $"{options.Eviction.PidAvailable * 100:0}%");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
