namespace Kobune.Controllers.Volumes.LocalPath;

/// <summary>What the local-path provisioner and the kubelet tell each other by. The kubelet has the same names in LocalPathDirectory.</summary>
internal static class LocalPathNames
{
    public const string Provisioner = "kobune.dev/local-path";

    /// <summary>Holds a volume until its directory is gone.</summary>
    public const string Finalizer = "kobune.dev/local-path";

    /// <summary>On a Node: the directory under which the volumes of that node are.</summary>
    public const string DirectoryAnnotation = "kobune.dev/local-path";

    /// <summary>On a Node, before a volume's name: <see cref="Remove"/> asks the kubelet to delete its directory, <see cref="Removed"/> answers.</summary>
    public const string RequestPrefix = "local-path.kobune.dev/";

    public const string Remove = "remove";
    public const string Removed = "removed";

    /// <summary>Where volumes are on a node that does not say: the directory that such provisioners commonly use.</summary>
    public const string UsualDirectory = "/opt/local-path-provisioner";
}
