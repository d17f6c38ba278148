namespace Kobune.Api;

using System.Text;
using System.Text.Json;

/// <summary>
/// What decoding noticed but tolerated: fields that no type knows and fields given twice. Field validation turns them
/// into warnings or errors. Paths look like <c>spec.template.spec.containers[0].foo</c>.
/// </summary>
public sealed class DecodeReport
{
    /// <summary>Bounds what a hostile document can make us remember.</summary>
    private const int Limit = 100;

    /// <summary>Bounds the work: each path is found by reading up to it, and a document may have any number of things to note.</summary>
    private const long MaxSearchedBytes = 64 << 20;

    private long _searched;

    public List<string> Unknown { get; } = [];
    public List<string> Duplicates { get; } = [];
    public bool IsClean => Unknown.Count == 0 && Duplicates.Count == 0;

    /// <summary><c>unknown field "a.b"</c>, <c>duplicate field "c"</c>: the sentences clients see.</summary>
    public IEnumerable<string> Messages() =>
        Duplicates.Select(f => $"duplicate field \"{f}\"").Concat(Unknown.Select(f => $"unknown field \"{f}\""));

    /// <summary>Notes the token at an offset, unless enough has been noted or searched already.</summary>
    internal void Note(List<string> list, ReadOnlySpan<byte> json, long offset)
    {
        if (list.Count >= Limit || (_searched += offset) > MaxSearchedBytes)
        {
            if (list.Count == 0)
            {
                list.Add("");
            }

            return;
        }

        var path = PathAt(json, offset, indexes: true);
        if (!list.Contains(path))
        {
            list.Add(path);
        }
    }

    /// <summary>
    /// The path of the token at an offset, found by reading the document again: paths cost nothing
    /// until something is wrong.
    /// </summary>
    /// <param name="mapKeys">offsets of property names to leave out: the reference's type errors do not name map keys</param>
    internal static string PathAt(ReadOnlySpan<byte> json, long offset, bool indexes, List<long>? mapKeys = null)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonIn.MaxDepth });
        var names = new List<string?>();
        var counts = new List<int>();
        string? name = null;
        try
        {
            while (reader.Read() && reader.TokenStartIndex <= offset)
            {
                Step(ref reader, names, counts, ref name);
                if (reader.TokenType == JsonTokenType.PropertyName && mapKeys?.Contains(reader.TokenStartIndex) == true)
                {
                    name = null;
                }

                if (reader.TokenStartIndex == offset)
                {
                    break;
                }
            }
        }
        catch (JsonException)
        {
            // The document ends in the middle; what was read so far is the path.
        }

        return Join(names, counts, name, indexes);
    }

    private static void Step(ref Utf8JsonReader reader, List<string?> names, List<int> counts, ref string? name)
    {
        var array = counts.Count > 0 && counts[^1] >= 0;
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                name = reader.GetString();
                return;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                name = names[^1];
                names.RemoveAt(names.Count - 1);
                counts.RemoveAt(counts.Count - 1);
                return;
        }

        if (array)
        {
            counts[^1]++;
        }

        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            names.Add(name);
            counts.Add(reader.TokenType == JsonTokenType.StartArray ? 0 : -1);
            name = null;
        }
    }

    private static string Join(List<string?> names, List<int> counts, string? last, bool indexes)
    {
        var path = new StringBuilder();
        for (var i = 0; i <= names.Count; i++)
        {
            var name = i < names.Count ? names[i] : last;
            if (name != null)
            {
                path.Append(path.Length > 0 ? "." : "").Append(name);
            }

            if (indexes && i < names.Count && counts[i] > 0)
            {
                path.Append('[').Append(counts[i] - 1).Append(']');
            }
        }

        return path.ToString();
    }
}
