using Kobune.Kubelet.Native;
using Kobune.Kubelet.Volumes;

namespace Kobune.Kubelet.Tests.Volumes;

public sealed class OwnershipTests
{
    [Fact]
    public void The_group_gets_the_volume_but_nothing_behind_its_links()
    {
        Assert.SkipUnless(Libc.IsRoot, "changing the group of files needs root");
        var directory = Directory.CreateTempSubdirectory("owner-").FullName;
        var outside = Path.Combine(directory, "outside");
        var volume = Path.Combine(directory, "volume");
        Directory.CreateDirectory(Path.Combine(outside, "inner"));
        Directory.CreateDirectory(Path.Combine(volume, "sub"));
        File.WriteAllText(Path.Combine(outside, "inner", "file"), "");
        File.WriteAllText(Path.Combine(volume, "sub", "file"), "");
        Directory.CreateSymbolicLink(Path.Combine(volume, "link"), outside);
        Ownership.Apply(volume, 4321, readOnly: false);
        Assert.Equal(4321u, FileStat.Of(Path.Combine(volume, "sub", "file")).Gid);
        Assert.Equal(0x400u, FileStat.Of(Path.Combine(volume, "sub")).Mode & 0x400);
        Assert.Equal(0u, FileStat.Of(outside).Gid);
        Assert.Equal(0u, FileStat.Of(Path.Combine(outside, "inner", "file")).Gid);

        // A root that is right already is taken as the proof of all.
        File.WriteAllText(Path.Combine(volume, "sub", "new"), "");
        Libc.Check(Libc.lchown(Path.Combine(volume, "sub", "new"), 0, 0), "chown");
        Ownership.Apply(volume, 4321, readOnly: false, "OnRootMismatch");
        Assert.Equal(0u, FileStat.Of(Path.Combine(volume, "sub", "new")).Gid);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void A_subPath_may_follow_a_link_within_the_volume_and_none_out_of_it()
    {
        Assert.SkipUnless(Libc.IsRoot, "bind mounts need root");
        var directory = Directory.CreateTempSubdirectory("subpath-").FullName;
        var volume = Path.Combine(directory, "volume");
        Directory.CreateDirectory(Path.Combine(volume, "real"));
        Libc.Check(Libc.chmod(volume, 0x1FF), "chmod");
        File.WriteAllText(Path.Combine(directory, "secret"), "");
        Directory.CreateSymbolicLink(Path.Combine(volume, "inside"), "real");
        Directory.CreateSymbolicLink(Path.Combine(volume, "out"), directory);
        var target = Path.Combine(directory, "target");
        SubPaths.Bind(volume, "inside/made/deep", target, volumeIsAtomic: false);
        Assert.Throws<IOException>(() => SubPaths.Bind(volume, "out/secret", Path.Combine(directory, "no"), volumeIsAtomic: false));
        Assert.Throws<IOException>(() => SubPaths.Bind(volume, "out/new", Path.Combine(directory, "no"), volumeIsAtomic: false));
        Assert.Equal(0x1FFu, FileStat.Of(Path.Combine(volume, "real", "made", "deep")).Mode & 0x1FF);
        Mounts.DetachBelow(directory);
        Directory.Delete(directory, recursive: true);
    }
}
