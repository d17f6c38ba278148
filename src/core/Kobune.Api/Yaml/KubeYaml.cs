namespace Kobune.Api;

using System.Text;
using System.Text.Json;

/// <summary>
/// YAML as the reference's tools read and write it: YAML 1.1 scalars, documents split at <c>---</c> lines, and output in
/// kubectl's style.
/// </summary>
public static class KubeYaml
{
    /// <summary>
    /// The documents of a stream as JSON, each converted when reached, so that those before a broken one are seen.
    /// Empty documents are left out. JSON input passes through.
    /// </summary>
    /// <param name="strict">whether a key given twice is an error; otherwise the last counts</param>
    /// <exception cref="KubeDecodeException">"error converting YAML to JSON: yaml: line 3: …"</exception>
    public static IEnumerable<byte[]> ToJson(string yaml, bool strict = true)
    {
        foreach (var document in YamlDocuments.Split(yaml))
        {
            foreach (var json in Document(document, strict))
            {
                yield return json;
            }
        }
    }

    /// <summary>The same, from a stream of UTF-8.</summary>
    public static IEnumerable<byte[]> ToJson(Stream yaml, bool strict = true)
    {
        using var reader = new StreamReader(yaml, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, leaveOpen: true);
        return ToJson(reader.ReadToEnd(), strict);
    }

    /// <summary>The single document of a text; null becomes the JSON null.</summary>
    /// <exception cref="KubeDecodeException">"error converting YAML to JSON: yaml: line 3: …"</exception>
    public static byte[] ToJsonOne(string yaml, bool strict = true) => ToJson(yaml, strict).FirstOrDefault() ?? "null"u8.ToArray();

    /// <summary>One JSON value as YAML, ending in a line break.</summary>
    public static string FromJson(ReadOnlySpan<byte> json)
    {
        using var document = JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { MaxDepth = JsonIn.MaxDepth });
        var writer = new YamlWriter();
        writer.Document(document.RootElement);
        return writer.ToString();
    }

    public static string Write(ApiStruct value) => FromJson(JsonOut.ToBytes(value));

    private static IEnumerable<byte[]> Document(string text, bool strict)
    {
        if (text.AsSpan().TrimStart().StartsWith("{") && YamlDocuments.TryJson(text) is { } values)
        {
            return values;
        }

        return new YamlToJson(text, strict).Convert() is { } json ? [json] : [];
    }
}
