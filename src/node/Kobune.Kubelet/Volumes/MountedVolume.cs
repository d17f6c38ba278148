namespace Kobune.Kubelet.Volumes;

/// <summary>A volume of a Pod that is ready on the node.</summary>
/// <param name="Path">The directory or file, or the device file when <paramref name="IsDevice"/>.</param>
/// <param name="IsAtomic">Its files are ours, behind the <c>..data</c> link.</param>
/// <param name="ReadOnly">No container may write to it.</param>
/// <param name="IsDevice">It is a raw device (volumeMode Block).</param>
internal sealed record MountedVolume(string Path, bool IsAtomic = false, bool ReadOnly = false, bool IsDevice = false);
