using System.Text.Json;

namespace Kobune.ApiServer.Registry;

/// <summary>Comparisons of objects by their JSON, which our writer makes canonical.</summary>
internal static class JsonParts
{
    /// <summary>Whether everything but kind, apiVersion, metadata and (unless it is a field like any other) status is the same.</summary>
    public static bool SameSpecification(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, bool withStatus = false)
    {
        var left = new Utf8JsonReader(a, new JsonReaderOptions { MaxDepth = 256 });
        var right = new Utf8JsonReader(b, new JsonReaderOptions { MaxDepth = 256 });
        left.Read();
        right.Read();
        while (true)
        {
            var l = NextPart(ref left, a, withStatus, out var leftName);
            var r = NextPart(ref right, b, withStatus, out var rightName);
            if (!leftName.SequenceEqual(rightName) || !l.SequenceEqual(r))
            {
                return false;
            }

            if (leftName.IsEmpty)
            {
                return true;
            }
        }
    }

    /// <summary>Whether freshly written JSON (without version) is what is stored already.</summary>
    public static bool IsUnchanged(ReadOnlySpan<byte> json, StoredObject current)
    {
        // The version adds at least `"resourceVersion":"1"`; most changes differ in length and are told apart at once.
        var version = ObjectBytes.VersionLength(current.Revision);
        return json.Length + version == current.Json.Length && ObjectBytes.WithVersion(json, current.Revision).AsSpan().SequenceEqual(current.Json);
    }

    private static ReadOnlySpan<byte> NextPart(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, bool withStatus, out ReadOnlySpan<byte> name)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            name = reader.ValueSpan;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (!name.SequenceEqual("metadata"u8) && (withStatus || !name.SequenceEqual("status"u8)) && !name.SequenceEqual("kind"u8) && !name.SequenceEqual("apiVersion"u8))
            {
                return json[start..(int)reader.BytesConsumed];
            }
        }

        name = default;
        return default;
    }
}
