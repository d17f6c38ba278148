namespace Kobune.Api;

/// <summary>Reads and writes the objects of one resource, whatever they are made of.</summary>
public sealed class KubeCodec(ResourceInfo resource)
{
    public KubeObject ReadJson(ReadOnlySpan<byte> json, DecodeReport? report = null) => KubeJson.Read(resource, json, report);

    public byte[] WriteJson(KubeObject obj) => KubeJson.Write(obj);
}
