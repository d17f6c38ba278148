using System.Text;
using System.Text.Json.Nodes;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Describe;

/// <summary>Any object: its fields with their names in words, maps and lists indented.</summary>
internal static class DescribeGeneric
{
    public static void Write(DescribeWriter w, JsonObject obj)
    {
        w.Field(0, "Name", obj.Name());
        w.Field(0, "Namespace", obj.Namespace());
        w.Map(0, "Labels", obj.Map("metadata", "labels"));
        w.Annotations(0, "Annotations", obj.Map("metadata", "annotations"));
        var rest = (JsonObject)obj.DeepClone();
        var metadata = rest.Ensure("metadata");
        foreach (var name in new[] { "name", "namespace", "labels", "annotations", "managedFields" })
        {
            metadata.Remove(name);
        }

        Fields(w, 0, rest);
    }

    private static void Fields(DescribeWriter w, int level, JsonObject map)
    {
        foreach (var (name, value) in map.OrderBy(p => Words(p.Key), StringComparer.Ordinal))
        {
            var title = Words(name);
            switch (value)
            {
                case JsonObject inner:
                    w.Line(level, title + ":");
                    Fields(w, level + 1, inner);
                    break;
                case JsonArray list:
                    w.Line(level, title + ":");
                    Items(w, level + 1, list);
                    break;
                default:
                    w.Field(level, title, value is null ? "<nil>" : value.Text());
                    break;
            }
        }
    }

    private static void Items(DescribeWriter w, int level, JsonArray list)
    {
        foreach (var item in list)
        {
            if (item is JsonObject map)
            {
                Fields(w, level, map);
            }
            else
            {
                w.Line(level, item.Text());
            }
        }
    }

    /// <summary>"creationTimestamp" → "Creation Timestamp", "apiVersion" → "API Version".</summary>
    private static string Words(string name)
    {
        var words = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]) && (char.IsLower(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]) && char.IsUpper(name[i - 1]))))
            {
                words.Append(' ');
            }

            words.Append(i == 0 ? char.ToUpperInvariant(name[i]) : name[i]);
        }

        return string.Join(' ', words.ToString().Split(' ').Select(w => w is "Api" or "Uid" or "Ip" or "Url" or "Id" ? w.ToUpperInvariant() : w));
    }
}
