using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Kobune.Cri.Images;

/// <summary>
/// Collects images into one tar that is an OCI image layout and, for older tools, a docker-archive at once — the form
/// that docker save has had since version 25. Layers are not compressed: these images never cross a network.
/// </summary>
public sealed class ImageArchive
{
    private const string IndexType = "application/vnd.oci.image.index.v1+json";
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private const string ConfigType = "application/vnd.oci.image.config.v1+json";
    private const string LayerType = "application/vnd.oci.image.layer.v1.tar";

    private readonly Dictionary<string, byte[]> _blobs = [];
    private readonly JsonArray _manifests = [];
    private readonly JsonArray _dockerManifests = [];

    /// <param name="name">The image's name; made complete as containerd does ("a/b:1" → "docker.io/a/b:1").</param>
    /// <param name="layer">The only layer.</param>
    /// <param name="config">How it starts.</param>
    /// <param name="architecture">As OCI names it; default this machine's.</param>
    public ImageArchive Add(string name, ImageLayer layer, ImageConfig config, string? architecture = null)
    {
        string fullName = ImageName.Normalize(name);
        string layerDigest = Store(layer.ToTar());
        string configDigest = Store(Json(ConfigDocument(config, layerDigest, architecture ?? Architecture(RuntimeInformation.ProcessArchitecture))));
        string manifestDigest = Store(Json(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = Descriptor(ConfigType, configDigest),
            ["layers"] = new JsonArray(Descriptor(LayerType, layerDigest)),
        }));

        JsonObject manifest = Descriptor(ManifestType, manifestDigest);
        manifest["annotations"] = new JsonObject
        {
            ["io.containerd.image.name"] = fullName,
            ["org.opencontainers.image.ref.name"] = fullName,
        };
        _manifests.Add(manifest);
        _dockerManifests.Add(new JsonObject
        {
            ["Config"] = BlobPath(configDigest),
            ["RepoTags"] = new JsonArray(fullName),
            ["Layers"] = new JsonArray(BlobPath(layerDigest)),
        });
        return this;
    }

    public void Write(Stream output)
    {
        using var tar = new TarWriter(output, TarEntryFormat.Ustar, leaveOpen: true);
        WriteFile(tar, "oci-layout", Json(new JsonObject { ["imageLayoutVersion"] = "1.0.0" }));
        WriteFile(tar, "index.json", Json(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = IndexType,
            ["manifests"] = _manifests.DeepClone(),
        }));
        WriteFile(tar, "manifest.json", Json(_dockerManifests));
        foreach (var (digest, blob) in _blobs.OrderBy(b => b.Key, StringComparer.Ordinal))
            WriteFile(tar, BlobPath(digest), blob);
    }

    internal static string Architecture(Architecture architecture) => architecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        _ => architecture.ToString().ToLowerInvariant(),
    };

    private static JsonObject ConfigDocument(ImageConfig config, string layerDigest, string architecture)
    {
        var start = new JsonObject();
        SetList(start, "Entrypoint", config.Entrypoint);
        SetList(start, "Cmd", config.Cmd);
        SetList(start, "Env", config.Env);
        if (config.WorkingDir != "")
            start["WorkingDir"] = config.WorkingDir;
        if (config.User != "")
            start["User"] = config.User;
        if (config.Labels.Count > 0)
            start["Labels"] = new JsonObject(config.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value)));

        return new JsonObject
        {
            ["architecture"] = architecture,
            ["os"] = "linux",
            ["config"] = start,
            // An uncompressed layer's digest is its diff id.
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(layerDigest) },
        };
    }

    private static void SetList(JsonObject target, string name, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
            target[name] = new JsonArray([.. values.Select(v => JsonValue.Create(v))]);
    }

    private JsonObject Descriptor(string mediaType, string digest) => new()
    {
        ["mediaType"] = mediaType,
        ["digest"] = digest,
        ["size"] = _blobs[digest].Length,
    };

    private string Store(byte[] blob)
    {
        string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(blob));
        _blobs[digest] = blob;
        return digest;
    }

    private static string BlobPath(string digest) => "blobs/" + digest.Replace(':', '/');

    private static byte[] Json(JsonNode node) => System.Text.Encoding.UTF8.GetBytes(node.ToJsonString());

    private static void WriteFile(TarWriter tar, string name, byte[] content) =>
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
        {
            Mode = ImageLayer.DefaultFileMode,
            ModificationTime = DateTimeOffset.UnixEpoch,
            DataStream = new MemoryStream(content, writable: false),
        });
}
