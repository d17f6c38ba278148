namespace Kobune.Kubelet.Volumes;

/// <summary>A volume cannot be made ready; the message follows upstream's FailedMount event.</summary>
internal sealed class VolumeException(string volume, string reason) : Exception($"MountVolume.SetUp failed for volume \"{volume}\" : {reason}")
{
    public string Volume { get; } = volume;
}
