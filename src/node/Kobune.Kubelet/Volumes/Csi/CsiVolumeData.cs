using System.Text.Json;
using System.Text.Json.Serialization;
using Kobune.Kubelet.Native;

namespace Kobune.Kubelet.Volumes.Csi;

/// <summary>What is needed to take a volume down again, beside its mount on disk: it survives the kubelet. Upstream's file and names.</summary>
internal sealed partial record CsiVolumeData(
    [property: JsonPropertyName("driverName")] string Driver,
    [property: JsonPropertyName("volumeHandle")] string Handle,
    [property: JsonPropertyName("specVolID")] string Volume,
    [property: JsonPropertyName("nodeName")] string Node,
    [property: JsonPropertyName("attachmentID")] string Attachment,
    [property: JsonPropertyName("volumeLifecycleMode")] string Mode)
{
    private const string FileName = "vol_data.json";

    public void Write(string directory)
    {
        var path = Path.Combine(directory, FileName);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(this, Json.Default.CsiVolumeData));
        Libc.Check(Libc.rename(path + ".new", path), $"renaming {path}.new");
    }

    /// <summary>Null when there is none, or none that can be read.</summary>
    public static CsiVolumeData? Read(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(directory, FileName)), Json.Default.CsiVolumeData);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    [JsonSerializable(typeof(CsiVolumeData))]
    private sealed partial class Json : JsonSerializerContext;
}
