using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kobune.ApiServer.Patching;

/// <summary>Applies JSON Patch documents (RFC 6902). The messages are those that clients of Kubernetes know.</summary>
internal static class JsonPatch
{
    /// <summary>The most operations that one patch may hold.</summary>
    public const int MaxOperations = 10_000;

    /// <summary>The most bytes that all copies of one patch may add: each copy of a parent into itself doubles it.</summary>
    public const int MaxCopied = 3 << 20;

    /// <summary>Changes <paramref name="document"/> in place and returns its root, which an operation may have replaced.</summary>
    public static JsonNode? Apply(JsonNode? document, ReadOnlySpan<byte> patch)
    {
        var copied = 0L;
        foreach (var operation in Parse(patch))
        {
            document = Apply(document, operation, ref copied);
        }
        return document;
    }

    private static JsonArray Parse(ReadOnlySpan<byte> patch)
    {
        JsonNode? parsed;
        try
        {
            parsed = JsonNode.Parse(patch);
        }
        catch (JsonException e)
        {
            throw new PatchException($"error decoding patch: {e.Message}", PatchFailure.Malformed);
        }
        if (parsed is not JsonArray operations)
        {
            throw new PatchException("error decoding patch: a JSON patch is a list of operations", PatchFailure.Malformed);
        }
        return operations.Count <= MaxOperations
            ? operations
            : throw new PatchException($"The allowed maximum operations in a JSON patch is {MaxOperations}, got {operations.Count}", PatchFailure.TooLarge);
    }

    private static JsonNode? Apply(JsonNode? document, JsonNode? operation, ref long copied)
    {
        var fields = operation as JsonObject ?? throw new PatchException("error decoding patch: an operation is not an object", PatchFailure.Malformed);
        var path = Text(fields, "path");
        var tokens = JsonPointer.Parse(path);
        switch (Text(fields, "op"))
        {
            case "add": return Add(document, tokens, path, Value(fields));
            case "remove": return Remove(document, tokens, path, "remove", out _);
            case "replace":
                if (tokens.Length == 0)
                {
                    return Value(fields);
                }
                Find(document, tokens, path, "replace");
                Set(document, tokens, path, Value(fields));
                return document;
            case "move":
                var from = Text(fields, "from");
                document = Remove(document, JsonPointer.Parse(from), from, "move", out var moved);
                return Add(document, tokens, path, moved);
            case "copy":
                var source = Text(fields, "from");
                var original = Find(document, JsonPointer.Parse(source), source, "copy");
                copied += original?.ToJsonString().Length ?? 4;
                return copied <= MaxCopied
                    ? Add(document, tokens, path, original?.DeepClone())
                    : throw new PatchException($"Unable to complete the copy, the accumulated size increase of copy is {copied}, exceeding the limit {MaxCopied}", PatchFailure.TooLarge);
            case "test":
                Test(document, tokens, path, Value(fields));
                return document;
            case var other:
                throw new PatchException($"Unexpected kind: {other}", PatchFailure.NotApplicable);
        }
    }

    private static void Test(JsonNode? document, string[] tokens, string path, JsonNode? wanted)
    {
        var present = TryFind(document, tokens, out var actual);
        if (!(present ? JsonNode.DeepEquals(actual, wanted) : wanted is null))
        {
            throw new PatchException($"testing path {path} failed: test failed", PatchFailure.NotApplicable);
        }
    }

    private static JsonNode? Add(JsonNode? document, string[] tokens, string path, JsonNode? value)
    {
        if (tokens.Length == 0)
        {
            return value;
        }
        switch (Parent(document, tokens, path, "add"))
        {
            case JsonObject map:
                map[tokens[^1]] = value;
                break;
            case JsonArray list:
                list.Insert(tokens[^1] == "-" ? list.Count : Index(tokens[^1], list.Count, path), value);
                break;
        }
        return document;
    }

    private static JsonNode? Remove(JsonNode? document, string[] tokens, string path, string verb, out JsonNode? removed)
    {
        removed = Find(document, tokens, path, verb);
        if (tokens.Length == 0)
        {
            return null;
        }
        switch (Parent(document, tokens, path, verb))
        {
            case JsonObject map:
                map.Remove(tokens[^1]);
                break;
            case JsonArray list:
                list.RemoveAt(Index(tokens[^1], list.Count - 1, path));
                break;
        }
        return document;
    }

    private static void Set(JsonNode? document, string[] tokens, string path, JsonNode? value)
    {
        switch (Parent(document, tokens, path, "replace"))
        {
            case JsonObject map:
                map[tokens[^1]] = value;
                break;
            case JsonArray list:
                list[Index(tokens[^1], list.Count - 1, path)] = value;
                break;
        }
    }

    private static JsonNode Parent(JsonNode? document, string[] tokens, string path, string verb) =>
        TryFind(document, tokens.AsSpan(0, tokens.Length - 1), out var parent) && parent is JsonObject or JsonArray
            ? parent
            : throw new PatchException($"{verb} operation does not apply: doc is missing path: \"{path}\": missing value", PatchFailure.NotApplicable);

    private static JsonNode? Find(JsonNode? document, string[] tokens, string path, string verb) =>
        TryFind(document, tokens, out var found)
            ? found
            : throw new PatchException($"{verb} operation does not apply: doc is missing key: {path}: missing value", PatchFailure.NotApplicable);

    private static bool TryFind(JsonNode? node, ReadOnlySpan<string> tokens, out JsonNode? found)
    {
        found = node;
        foreach (var token in tokens)
        {
            switch (found)
            {
                case JsonObject map when map.TryGetPropertyValue(token, out var member):
                    found = member;
                    break;
                case JsonArray list when int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < list.Count:
                    found = list[i];
                    break;
                default:
                    return false;
            }
        }
        return true;
    }

    private static int Index(string token, int last, string path)
    {
        if (!int.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
        {
            throw new PatchException($"invalid array index \"{token}\" in {path}", PatchFailure.NotApplicable);
        }
        return index >= 0 && index <= last
            ? index
            : throw new PatchException($"Unable to access invalid index: {index}: invalid index referenced", PatchFailure.NotApplicable);
    }

    private static string Text(JsonObject operation, string name) =>
        operation[name] is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : throw new PatchException($"error decoding patch: an operation needs a string \"{name}\"", PatchFailure.Malformed);

    private static JsonNode? Value(JsonObject operation) =>
        operation.TryGetPropertyValue("value", out var value)
            ? value?.DeepClone()
            : throw new PatchException("error decoding patch: an operation needs \"value\"", PatchFailure.Malformed);
}
