using System.Text;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Runtime;

/// <summary>The managed /etc/hosts: the Pod's own name and its hostAliases; a Pod on the node's network gets the node's file.</summary>
internal static class HostsFile
{
    public static void Write(string path, PodView pod, IReadOnlyList<string> addresses, string clusterDomain)
    {
        var text = new StringBuilder();
        if (pod.Pod.Spec.HostNetwork)
        {
            text.Append("# Kubernetes-managed hosts file (host network).\n");
            text.Append(File.Exists("/etc/hosts") ? File.ReadAllText("/etc/hosts") : "");
        }
        else
        {
            text.Append("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
            text.Append("fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
            var name = HostNames.Short(pod.Pod);
            var domain = HostNames.Domain(pod.Pod, clusterDomain);
            foreach (var address in addresses)
            {
                text.Append(address).Append('\t').Append(domain is null ? name : $"{name}.{domain}\t{name}").Append('\n');
            }
        }

        if (pod.Pod.Spec.HostAliases.Count > 0)
        {
            text.Append("\n# Entries added by HostAliases.\n");
            foreach (var alias in pod.Pod.Spec.HostAliases)
            {
                text.Append(alias.Ip).Append('\t').AppendJoin('\t', alias.Hostnames).Append('\n');
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // In place: the file is bind-mounted into containers, so it must stay the same inode.
        File.WriteAllText(path, text.ToString());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }
}
