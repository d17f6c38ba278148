using Kobune.Api.Core.V1;
using Kobune.Runtime;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>The volume with token, cluster certificate and namespace that lets a Pod talk to the API server.</summary>
internal static class TokenVolume
{
    private const string Prefix = "kube-api-access-";
    private const string MountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
    // An hour and a little: the extra seconds tell tokens that Pods got without asking from those that ask for an hour.
    private const long ExpirationSeconds = 3607;
    private const int Mode = 0b110_100_100;

    /// <summary>Mounts it into every container that mounts nothing at its path.</summary>
    public static void Mount(PodSpec spec, Ids ids)
    {
        var existing = spec.Volumes.Find(v => v.Name.StartsWith(Prefix, StringComparison.Ordinal));
        var name = existing?.Name ?? Prefix + ids.NewSuffix();
        var mounted = false;
        foreach (var container in spec.InitContainers.Concat(spec.Containers))
        {
            if (container.VolumeMounts.All(m => m.MountPath != MountPath))
            {
                container.VolumeMounts.Add(new VolumeMount { Name = name, ReadOnly = true, MountPath = MountPath });
                mounted = true;
            }
        }

        if (existing is null && mounted)
        {
            spec.Volumes.Add(new Volume { Name = name, Projected = Sources() });
        }
    }

    private static ProjectedVolumeSource Sources() => new()
    {
        DefaultMode = Mode,
        Sources =
        [
            new VolumeProjection { ServiceAccountToken = new ServiceAccountTokenProjection { Path = "token", ExpirationSeconds = ExpirationSeconds } },
            new VolumeProjection { ConfigMap = new ConfigMapProjection { Name = "kube-root-ca.crt", Items = [new KeyToPath { Key = "ca.crt", Path = "ca.crt" }] } },
            new VolumeProjection
            {
                DownwardAPI = new DownwardAPIProjection
                {
                    Items = [new DownwardAPIVolumeFile { Path = "namespace", FieldRef = new ObjectFieldSelector { ApiVersion = "v1", FieldPath = "metadata.namespace" } }],
                },
            },
        ],
    };
}
