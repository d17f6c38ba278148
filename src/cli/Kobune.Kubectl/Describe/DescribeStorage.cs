using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Describe;

/// <summary>PersistentVolumeClaim, PersistentVolume, StorageClass.</summary>
internal static class DescribeStorage
{
    public static async Task ClaimAsync(DescribeWriter w, JsonObject c, Invocation i)
    {
        w.Field(0, "Name", c.Name());
        w.Field(0, "Namespace", c.Namespace());
        w.Field(0, "StorageClass", c.Text("spec", "storageClassName"));
        w.Field(0, "Status", c.At("metadata", "deletionTimestamp") is null ? c.Text("status", "phase") : "Terminating");
        w.Field(0, "Volume", c.Text("spec", "volumeName"));
        w.Map(0, "Labels", c.Map("metadata", "labels"));
        w.Annotations(0, "Annotations", c.Map("metadata", "annotations"));
        w.Field(0, "Finalizers", $"[{string.Join(' ', c.Strings("metadata", "finalizers"))}]");
        w.Field(0, "Capacity", c.Text("status", "capacity", "storage"));
        w.Field(0, "Access Modes", Modes(c.Strings("status", "accessModes")));
        w.Field(0, "VolumeMode", c.TextOrNull("spec", "volumeMode") ?? "Filesystem");
        var pods = await i.Cluster.GetAsync(ApiPaths.Resource("", "v1", "pods", c.Namespace()), i.Cancellation).ConfigureAwait(false);
        var users = ResourceFinder.ItemsOf(pods).Where(p => p.Objects("spec", "volumes").Any(v => v.Text("persistentVolumeClaim", "claimName") == c.Name())).Select(p => p.Name()).ToArray();
        w.Field(0, "Used By", users.Length == 0 ? "<none>" : users[0]);
        foreach (var user in users.Skip(1))
        {
            w.Line(0, "\t" + user);
        }
    }

    public static void Volume(DescribeWriter w, JsonObject v)
    {
        w.Field(0, "Name", v.Name());
        w.Map(0, "Labels", v.Map("metadata", "labels"));
        w.Annotations(0, "Annotations", v.Map("metadata", "annotations"));
        w.Field(0, "Finalizers", $"[{string.Join(' ', v.Strings("metadata", "finalizers"))}]");
        w.Field(0, "StorageClass", v.Text("spec", "storageClassName"));
        w.Field(0, "Status", v.Text("status", "phase"));
        w.Field(0, "Claim", v.At("spec", "claimRef") is JsonObject claim ? $"{claim.Text("namespace")}/{claim.Text("name")}" : "");
        w.Field(0, "Reclaim Policy", v.Text("spec", "persistentVolumeReclaimPolicy"));
        w.Field(0, "Access Modes", Modes(v.Strings("spec", "accessModes")));
        w.Field(0, "VolumeMode", v.TextOrNull("spec", "volumeMode") ?? "Filesystem");
        w.Field(0, "Capacity", v.Text("spec", "capacity", "storage"));
        w.Field(0, "Node Affinity", "<none>");
        w.Field(0, "Message", v.Text("status", "message"));
        w.Line(0, "Source:");
        foreach (var (kind, source) in v.Map("spec").Where(s => s.Value is JsonObject && s.Key is "hostPath" or "local" or "nfs" or "csi"))
        {
            w.Field(1, "Type", kind);
            foreach (var (name, value) in (JsonObject)source!)
            {
                w.Field(1, char.ToUpperInvariant(name[0]) + name[1..], value.Text());
            }
        }
    }

    public static void StorageClass(DescribeWriter w, JsonObject s)
    {
        w.Field(0, "Name", s.Name());
        w.Field(0, "IsDefaultClass", s.Text("metadata", "annotations", "storageclass.kubernetes.io/is-default-class") == "true" ? "Yes" : "No");
        w.Field(0, "Annotations", DescribeWriter.LabelList(s.Map("metadata", "annotations")));
        w.Field(0, "Provisioner", s.Text("provisioner"));
        w.Field(0, "Parameters", DescribeWriter.LabelList(s.Map("parameters")));
        w.Field(0, "AllowVolumeExpansion", s.At("allowVolumeExpansion") is null ? "<unset>" : s.Bool("allowVolumeExpansion") ? "True" : "False");
        w.Field(0, "MountOptions", s.Strings("mountOptions") is { Length: > 0 } options ? string.Join(',', options) : "<none>");
        w.Field(0, "ReclaimPolicy", s.Text("reclaimPolicy"));
        w.Field(0, "VolumeBindingMode", s.Text("volumeBindingMode"));
    }

    private static string Modes(IEnumerable<string> modes) => string.Join(',', modes.Select(m => m switch
    {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => m,
    }));
}
