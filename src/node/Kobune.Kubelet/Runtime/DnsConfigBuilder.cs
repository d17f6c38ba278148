using Kobune.Kubelet.Pods.Decision;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Runtime;

/// <summary>The resolver configuration of a Pod by dnsPolicy and dnsConfig; the runtime writes /etc/resolv.conf from it.</summary>
internal sealed class DnsConfigBuilder(KubeletOptions options)
{
    private const int MaxServers = 3;

    public V1.DNSConfig Build(PodView pod)
    {
        var spec = pod.Pod.Spec;
        var policy = spec.DnsPolicy.Length == 0 ? "ClusterFirst" : spec.DnsPolicy;
        var config = new V1.DNSConfig();
        if (policy == "ClusterFirstWithHostNet" || (policy == "ClusterFirst" && !spec.HostNetwork))
        {
            policy = options.ClusterDns is null ? "Default" : "Cluster";
        }
        else if (policy == "ClusterFirst")
        {
            policy = "Default";
        }

        if (policy == "Cluster")
        {
            config.Servers.Add(options.ClusterDns!);
            config.Searches.Add($"{pod.Namespace}.svc.{options.ClusterDomain}");
            config.Searches.Add($"svc.{options.ClusterDomain}");
            config.Searches.Add(options.ClusterDomain);
            config.Searches.Add(ReadHost().Searches.Where(s => !config.Searches.Contains(s)).ToArray());
            config.Options.Add("ndots:5");
        }
        else if (policy == "Default")
        {
            config = ReadHost();
        }

        Merge(pod, config);
        while (config.Servers.Count > MaxServers)
        {
            config.Servers.RemoveAt(config.Servers.Count - 1);
        }

        if (policy == "None" || config.Servers.Count > 0)
        {
            return config;
        }

        config.Servers.Add("127.0.0.1");
        return config;
    }

    private static void Merge(PodView pod, V1.DNSConfig config)
    {
        if (pod.Pod.Spec.DnsConfig is not { } extra)
        {
            return;
        }

        config.Servers.Add(extra.Nameservers.Where(s => !config.Servers.Contains(s)).ToArray());
        config.Searches.Add(extra.Searches.Where(s => !config.Searches.Contains(s)).ToArray());
        foreach (var option in extra.Options)
        {
            var text = option.Value is { Length: > 0 } value ? $"{option.Name}:{value}" : option.Name;
            for (var i = config.Options.Count - 1; i >= 0; i--)
            {
                if (config.Options[i].Split(':')[0] == option.Name)
                {
                    config.Options.RemoveAt(i);
                }
            }

            config.Options.Add(text);
        }
    }

    private V1.DNSConfig ReadHost()
    {
        var config = new V1.DNSConfig();
        if (!File.Exists(options.ResolvConf))
        {
            return config;
        }

        foreach (var line in File.ReadLines(options.ResolvConf))
        {
            var fields = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            switch (fields)
            {
                case ["nameserver", var server, ..]:
                    config.Servers.Add(server);
                    break;
                case ["search" or "domain", .. var domains]:
                    config.Searches.Clear();
                    config.Searches.Add(domains.Select(d => d == "." ? d : d.TrimEnd('.')));
                    break;
                case ["options", .. var set]:
                    config.Options.Add(set);
                    break;
                default:
                    break;
            }
        }

        return config;
    }
}
