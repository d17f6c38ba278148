using System.Text.Json.Nodes;

namespace Kobune.Client.Yaml;

/// <summary>YAML as people write manifests, to and from JSON trees. Scalars mean what YAML 1.1 says, as in Kubernetes.</summary>
public static class YamlTree
{
    /// <summary>The first document; null when it is empty.</summary>
    /// <exception cref="YamlSyntaxException">The text is not YAML.</exception>
    public static JsonNode? Parse(string text) => YamlReader.ReadAll(text).FirstOrDefault();

    /// <summary>All documents, null for empty ones. JSON is read as the YAML that it is.</summary>
    /// <exception cref="YamlSyntaxException">The text is not YAML.</exception>
    public static IReadOnlyList<JsonNode?> ParseAll(string text) => YamlReader.ReadAll(text);

    /// <summary>Block style, keys in their order, lists not indented under their key, long lines folded at 80 columns.</summary>
    public static string Format(JsonNode? node) => YamlFormatter.Format(node);
}

/// <summary>Text that is not YAML, with the line as libyaml's users know it: "yaml: line 5: …".</summary>
public sealed class YamlSyntaxException(string message) : Exception(message);
