using System.Text.Json.Nodes;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Output;

/// <summary>A table with name and age, for servers that answered with plain objects although a table was asked for.</summary>
internal static class LocalTable
{
    public static JsonObject From(JsonObject answer, TimeProvider time)
    {
        if (answer.Text("kind") == "Table")
        {
            return answer;
        }

        var rows = new JsonArray();
        foreach (var item in answer["items"] is JsonArray ? ResourceFinder.ItemsOf(answer).ToArray() : [answer])
        {
            rows.Add(new JsonObject
            {
                ["cells"] = new JsonArray(item.Name(), HumanDuration.Since(item.Time("metadata", "creationTimestamp"), time)),
                ["object"] = item.DeepClone(),
            });
        }

        return new JsonObject
        {
            ["kind"] = "Table",
            ["columnDefinitions"] = new JsonArray(new JsonObject { ["name"] = "Name" }, new JsonObject { ["name"] = "Age" }),
            ["rows"] = rows,
            ["metadata"] = answer["metadata"]?.DeepClone(),
        };
    }
}
