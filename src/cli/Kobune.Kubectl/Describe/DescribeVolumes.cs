using System.Text.Json.Nodes;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Describe;

/// <summary>Volumes of a Pod or of a Pod template.</summary>
internal static class DescribeVolumes
{
    public static void Write(DescribeWriter w, int level, IEnumerable<JsonObject> volumes)
    {
        var all = volumes.ToArray();
        w.Line(level, all.Length == 0 ? "Volumes:\t<none>" : "Volumes:");
        foreach (var volume in all)
        {
            w.Line(1, (level > 0 ? " " : "") + volume.Text("name") + ":");
            One(w, 2, volume);
        }
    }

    private static void One(DescribeWriter w, int level, JsonObject volume)
    {
        var optional = (JsonObject o) => o.Bool("optional") ? "true" : "false";
        if (volume["configMap"] is JsonObject map)
        {
            w.Line(level, "Type:\tConfigMap (a volume populated by a ConfigMap)");
            w.Field(level, "Name", map.Text("name"));
            w.Field(level, "Optional", optional(map));
        }
        else if (volume["secret"] is JsonObject secret)
        {
            w.Line(level, "Type:\tSecret (a volume populated by a Secret)");
            w.Field(level, "SecretName", secret.Text("secretName"));
            w.Field(level, "Optional", optional(secret));
        }
        else if (volume["emptyDir"] is JsonObject empty)
        {
            w.Line(level, "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)");
            w.Field(level, "Medium", empty.Text("medium"));
            w.Field(level, "SizeLimit", empty.TextOrNull("sizeLimit") ?? "<unset>");
        }
        else if (volume["hostPath"] is JsonObject host)
        {
            w.Line(level, "Type:\tHostPath (bare host directory volume)");
            w.Field(level, "Path", host.Text("path"));
            w.Field(level, "HostPathType", host.Text("type"));
        }
        else if (volume["persistentVolumeClaim"] is JsonObject claim)
        {
            w.Line(level, "Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)");
            w.Field(level, "ClaimName", claim.Text("claimName"));
            w.Field(level, "ReadOnly", claim.Bool("readOnly") ? "true" : "false");
        }
        else if (volume["projected"] is JsonObject projected)
        {
            Projected(w, level, projected);
        }
        else if (volume["downwardAPI"] is JsonObject downward)
        {
            w.Line(level, "Type:\tDownwardAPI (a volume populated by information about the pod)");
            w.Line(level, "Items:");
            foreach (var item in downward.Objects("items"))
            {
                w.Line(level + 1, item.At("fieldRef") is JsonObject f ? $"{f.Text("fieldPath")} -> {item.Text("path")}" : $"{item.Text("resourceFieldRef", "resource")} -> {item.Text("path")}");
            }
        }
        else if (volume["nfs"] is JsonObject nfs)
        {
            w.Line(level, "Type:\tNFS (an NFS mount that lasts the lifetime of a pod)");
            w.Field(level, "Server", nfs.Text("server"));
            w.Field(level, "Path", nfs.Text("path"));
            w.Field(level, "ReadOnly", nfs.Bool("readOnly") ? "true" : "false");
        }
        else if (volume["csi"] is JsonObject csi)
        {
            w.Line(level, "Type:\tCSI (a Container Storage Interface (CSI) volume source)");
            w.Field(level, "Driver", csi.TextOrNull("driver") ?? "");
        }
        else
        {
            w.Line(level, volume.Select(p => p.Key).FirstOrDefault(k => k != "name") is { } type ? $"Type:\t{type}" : "<unknown>");
        }
    }

    private static void Projected(DescribeWriter w, int level, JsonObject projected)
    {
        w.Line(level, "Type:\tProjected (a volume that contains injected data from multiple sources)");
        foreach (var source in projected.Objects("sources"))
        {
            if (source["secret"] is JsonObject secret)
            {
                w.Field(level, "SecretName", secret.Text("name"));
                w.Field(level, "Optional", secret.Bool("optional") ? "true" : "false");
            }
            else if (source["downwardAPI"] is not null)
            {
                w.Field(level, "DownwardAPI", "true");
            }
            else if (source["configMap"] is JsonObject map)
            {
                w.Field(level, "ConfigMapName", map.Text("name"));
                w.Field(level, "Optional", map.Bool("optional") ? "true" : "false");
            }
            else if (source["serviceAccountToken"] is JsonObject token)
            {
                w.Field(level, "TokenExpirationSeconds", token.Text("expirationSeconds"));
            }
        }
    }
}
