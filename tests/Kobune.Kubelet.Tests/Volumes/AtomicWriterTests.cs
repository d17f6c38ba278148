using System.Text;
using Kobune.Kubelet.Volumes;

namespace Kobune.Kubelet.Tests.Volumes;

public sealed class AtomicWriterTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("atomic-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Files_appear_change_and_vanish_through_one_link()
    {
        Assert.True(Write(("a", "1"), ("dir/b", "2")));
        Assert.Equal("1", File.ReadAllText(Path.Combine(_directory, "a")));
        Assert.Equal("2", File.ReadAllText(Path.Combine(_directory, "dir/b")));
        Assert.Equal("..data/a", new FileInfo(Path.Combine(_directory, "a")).LinkTarget);
        Assert.False(Write(("a", "1"), ("dir/b", "2")));

        var before = new FileInfo(Path.Combine(_directory, "..data")).LinkTarget;
        Assert.True(Write(("a", "3")));
        Assert.Equal("3", File.ReadAllText(Path.Combine(_directory, "a")));
        Assert.False(Path.Exists(Path.Combine(_directory, "dir")));
        Assert.False(Directory.Exists(Path.Combine(_directory, before!)));
        Assert.StartsWith("..20", new FileInfo(Path.Combine(_directory, "..data")).LinkTarget);
    }

    private bool Write(params (string Path, string Text)[] files) => AtomicWriter.Write(
        _directory, files.ToDictionary(f => f.Path, f => new VolumeFile(Encoding.UTF8.GetBytes(f.Text), 0x1A4)), TimeProvider.System.GetUtcNow(), null);
}
