using Kobune.Cluster;

namespace Kobune.Tests.Cluster;

public sealed class HostForwardingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kobune-forwarding-").FullName;

    private string Setting => Path.Combine(_folder, "ip_forward");
    private string Run => Directory.CreateDirectory(Path.Combine(_folder, "run")).FullName;
    private string Value => File.ReadAllText(Setting).Trim();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_is_put_back_only_when_the_last_cluster_goes()
    {
        File.WriteAllText(Setting, "0\n");
        var (first, second) = (new HostForwarding(Run, "one", Setting), new HostForwarding(Run, "two", Setting));
        first.Need();
        second.Need();
        second.Need();
        Assert.Equal("1", Value);

        first.NeedNoMore();
        Assert.Equal("1", Value);
        second.NeedNoMore();
        Assert.Equal("0", Value);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Run));
    }

    [Fact]
    public void What_was_on_before_stays_on()
    {
        File.WriteAllText(Setting, "1\n");
        var forwarding = new HostForwarding(Run, "one", Setting);
        forwarding.Need();
        forwarding.NeedNoMore();
        Assert.Equal("1", Value);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Run));
    }

    [Fact]
    public void Who_never_needed_it_changes_nothing()
    {
        File.WriteAllText(Setting, "0\n");
        new HostForwarding(Run, "one", Setting).NeedNoMore();
        Assert.Equal("0", Value);
    }
}
