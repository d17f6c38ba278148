namespace Kobune.Kubelet.Volumes;

/// <summary>A volume cannot be made ready; the message follows upstream's FailedMount event.</summary>
internal sealed class VolumeException : Exception
{
    public VolumeException(string volume, string reason) : base($"MountVolume.SetUp failed for volume \"{volume}\" : {reason}") => Volume = volume;

    private VolumeException(string volume, string message, bool whole) : base(message)
    {
        _ = whole;
        Volume = volume;
    }

    public string Volume { get; }

    /// <summary>It is not known yet what to mount: the claim is missing or unbound.</summary>
    public static VolumeException Unprocessed(string volume, string ns, string claim, string reason) => new(
        volume,
        $"Unable to attach or mount volumes: unmounted volumes=[{volume}], unattached volumes=[], failed to process volumes=[{volume}]: error processing PVC {ns}/{claim}: {reason}",
        whole: true);
}
