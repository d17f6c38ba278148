using Kobune.Api;

namespace Kobune.ApiServer.Registry;

/// <summary>
/// One object at one revision: the JSON that clients receive, and, once somebody asked, the typed object decoded from it,
/// which all readers in this process share and nobody changes.
/// </summary>
internal sealed class StoredObject(ResourceInfo storage, string key, long revision, byte[] json)
{
    private KubeObject? typed;

    public string Key { get; } = key;
    public long Revision { get; } = revision;
    /// <summary>Final UTF-8 JSON with resourceVersion.</summary>
    public byte[] Json { get; } = json;

    /// <summary>How versions of a custom resource show this object, as far as somebody asked; a chain, the newest first.</summary>
    public CustomResources.CustomView? View { get; set; }

    public KubeObject Object => typed ?? Decode();

    public string Name => Key[(Key.LastIndexOf('/') + 1)..];

    public static StoredObject FromStore(ResourceInfo storage, string key, long revision, ReadOnlySpan<byte> stored) =>
        new(storage, key, revision, ObjectBytes.WithVersion(stored, revision));

    /// <summary>With the typed object that the JSON was written from; the caller gives it away.</summary>
    public static StoredObject FromWrite(ResourceInfo storage, string key, long revision, ReadOnlySpan<byte> stored, KubeObject written)
    {
        written.Metadata.ResourceVersion = revision.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new StoredObject(storage, key, revision, ObjectBytes.WithVersion(stored, revision)) { typed = written };
    }

    /// <summary>The same object under a later revision: what a deletion event shows.</summary>
    public StoredObject At(long revision) => new(storage, Key, revision, ObjectBytes.ExchangeVersion(Json, revision));

    private KubeObject Decode()
    {
        // Two readers may decode at the same time; all but one result is dropped, so that everyone shares one.
        var decoded = KubeJson.Read(storage, Json);
        return Interlocked.CompareExchange(ref typed, decoded, null) ?? decoded;
    }
}
