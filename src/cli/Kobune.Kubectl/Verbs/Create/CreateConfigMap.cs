using System.Text;
using System.Text.Json.Nodes;
using Kobune.Kubectl.CommandLine;

namespace Kobune.Kubectl.Verbs.Create;

/// <summary>kubectl create configmap.</summary>
internal static class CreateConfigMap
{
    public static readonly Command Definition = new("configmap", "Create a config map from a local file, directory or literal value")
    {
        Aliases = ["cm"],
        Usage = "NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]",
        Examples = """
            # From values
            kubectl create configmap settings --from-literal=mode=fast --from-literal=level=3

            # From a file; its name is the key
            kubectl create configmap settings --from-file=settings.ini

            # From a file with lines KEY=value
            kubectl create configmap settings --from-env-file=settings.env
            """,
        Flags = [.. FileValues.Flags, Flag.Bool("append-hash", "Append a hash of the content to the name."), .. CreateVerb.CommonFlags],
        Run = i =>
        {
            var data = new JsonObject();
            var binary = new JsonObject();
            foreach (var (key, value) in FileValues.Read(i))
            {
                if (Encoding.UTF8.GetString(value) is var text && Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(value))
                {
                    data[key] = text;
                }
                else
                {
                    binary[key] = Convert.ToBase64String(value);
                }
            }

            var obj = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = CreateVerb.Metadata(CreateVerb.Name(i)) };
            if (data.Count > 0)
            {
                obj["data"] = data;
            }

            if (binary.Count > 0)
            {
                obj["binaryData"] = binary;
            }

            return CreateVerb.CreateAsync(i, obj, "configmap");
        },
    };
}
