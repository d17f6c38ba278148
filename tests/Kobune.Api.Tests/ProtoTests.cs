namespace Kobune.Api.Tests;

using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;

public sealed class ProtoTests
{
    [Fact]
    public void BytesAreTheReferences()
    {
        // ConfigMap{metadata{name:"a"}, data{"k":"v"}} as the reference encodes it: scalars by value are always written.
        var map = new ConfigMap { Metadata = new ObjectMeta { Name = "a" }, Data = { ["k"] = "v" } };
        var proto = KubeProto.Write(map);
        var expected = Convert.FromHexString(
            "6B387300" // magic
            + "0A0F" + "0A027631" + "1209436F6E6669674D6170" // typeMeta{v1, ConfigMap}
            + "121B" // raw
            + "0A11" + "0A0161" + "1200" + "1A00" + "2200" + "2A00" + "3200" + "3800" + "4200" // metadata
            + "1206" + "0A016B" + "120176" // data
            + "1A00" + "2200"); // contentEncoding, contentType
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(proto));
        Assert.Equal(("v1", "ConfigMap"), KubeProto.Identify(proto));
    }

    [Fact]
    public void UnknownFieldsAreSkippedAndBrokenInputIsRefused()
    {
        var map = new ConfigMap { Metadata = new ObjectMeta { Name = "a" } };
        var proto = KubeProto.Write(map);
        Assert.Throws<KubeDecodeException>(() => KubeProto.Read<ConfigMap>(proto.AsSpan(0, proto.Length - 9)));
        Assert.Throws<KubeDecodeException>(() => KubeProto.Read<ConfigMap>("{}"u8));
        var raw = new byte[] { 0xFA, 0x01, 0x03, 1, 2, 3, 0x0A, 0x03, 0x0A, 0x01, (byte)'b' };
        var read = new ConfigMap();
        KubeProto.Fill(read, raw);
        Assert.Equal("b", read.Metadata.Name);
    }

    [Fact]
    public void ListsAndWatchEvents()
    {
        var pods = new List<KubeObject> { new Pod { Metadata = new ObjectMeta { Name = "a" } }, new Pod { Metadata = new ObjectMeta { Name = "b" } } };
        var list = KubeProto.ReadList(Pod.Info, KubeProto.WriteList(Pod.Info, new ListMeta { ResourceVersion = "7" }, pods));
        Assert.Equal(["a", "b"], list.Items.Select(p => p.Name));
        Assert.Equal("7", list.Metadata.ResourceVersion);
        var frame = KubeProto.WriteWatchEvent("ADDED", KubeProto.Write(pods[0]));
        Assert.Equal(frame.Length - 4, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(frame));
        var (type, obj) = KubeProto.ReadWatchEvent(frame.AsSpan(4));
        Assert.Equal("ADDED", type);
        Assert.Equal("a", KubeProto.Read<Pod>(obj).Name);
    }
}
