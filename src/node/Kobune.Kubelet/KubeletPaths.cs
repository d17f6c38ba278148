namespace Kobune.Kubelet;

/// <summary>Every path that the kubelet makes, in one place; upstream's layout.</summary>
internal sealed class KubeletPaths(KubeletOptions options)
{
    public string Pods => Path.Combine(options.RootDirectory, "pods");

    public string Pod(string uid) => Path.Combine(Pods, uid);

    public string Volumes(string uid) => Path.Combine(Pod(uid), "volumes");

    /// <param name="uid">The Pod.</param>
    /// <param name="plugin">As "configmap"; becomes kubernetes.io~configmap.</param>
    /// <param name="name">Of the volume.</param>
    public string Volume(string uid, string plugin, string name) => Path.Combine(Volumes(uid), "kubernetes.io~" + plugin, name);

    public string SubPaths(string uid) => Path.Combine(Pod(uid), "volume-subpaths");

    public string SubPath(string uid, string volume, string container, int index) =>
        Path.Combine(SubPaths(uid), volume, container, index.ToString(null, null));

    public string EtcHosts(string uid) => Path.Combine(Pod(uid), "etc-hosts");

    public string ContainerDirectory(string uid, string container) => Path.Combine(Pod(uid), "containers", container);

    public string PodLogs(string ns, string name, string uid) => Path.Combine(options.PodLogDirectory, $"{ns}_{name}_{uid}");

    public static string ContainerLog(string container, int restartCount) => $"{container}/{restartCount}.log";

    public string? LogLink(string name, string ns, string container, string id) =>
        options.ContainerLogLinkDirectory is { } directory ? Path.Combine(directory, $"{name}_{ns}_{container}-{id}.log") : null;

    public string Seccomp => Path.Combine(options.RootDirectory, "seccomp");
}
