using Kobune.Cri.Containerd;

namespace Kobune.Cri.Tests.Containerd;

/// <summary>Golden files: what containerd of each generation is given.</summary>
public sealed class ContainerdConfigTests
{
    [Theory]
    [InlineData("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3", "1.6")]
    [InlineData("containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6", "1.7")]
    [InlineData("containerd github.com/containerd/containerd/v2 v2.0.5 fb4c30d4ede3531652d86197bf3fc9515e5276d9", "2.0")]
    [InlineData("containerd containerd.io 2.1.4 75cb2b7193e4e490e9fbdc236c0e811ccaba3376", "2.1")]
    public void Matches_the_golden_file(string versionOutput, string name)
    {
        ContainerdVersion version = ContainerdVersion.Parse(versionOutput);
        Assert.Equal(name, version.ToString());
        string golden = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Containerd", "Golden", $"config-{name}.toml"));
        Assert.Equal(golden, ContainerdConfig.Render(Options, version, mayLowerOomScore: name != "1.6"), ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void Refuses_output_without_a_version() =>
        Assert.Throws<FormatException>(() => ContainerdVersion.Parse("containerd: not found"));

    [Fact]
    public void Mirrors_replace_or_precede_the_registry()
    {
        Assert.Equal("""
            server = "http://127.0.0.1:5000"
            capabilities = ["pull", "resolve"]

            [host]

            """, RegistryHosts.Render(new RegistryMirror("http://127.0.0.1:5000/")));
        Assert.Equal("""
            [host."https://mirror.example"]
            capabilities = ["pull", "resolve"]
            skip_verify = true

            """, RegistryHosts.Render(new RegistryMirror("https://mirror.example", FallBack: true, SkipVerify: true)));
    }

    [Theory]
    [InlineData("CapEff:\t000001ffffffffff", true)]
    [InlineData("CapEff:\t000001fffeffffff", false)]
    [InlineData("CapPrm:\t000001ffffffffff", false)]
    public void Capabilities_are_read_from_the_kernel(string line, bool has) =>
        Assert.Equal(has, LinuxCapabilities.Has(["Name:\tx", line], 24));

    [Fact]
    public void Mount_points_come_innermost_first_and_unescaped()
    {
        string[] mountinfo =
        [
            "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
            "2 1 0:5 / /run/k rw - tmpfs tmpfs rw",
            @"3 2 0:6 / /run/k/a\040b rw - overlay overlay rw",
            "4 1 0:7 / /run/kk rw - tmpfs tmpfs rw",
        ];
        Assert.Equal(["/run/k/a b", "/run/k"], MountTable.Below(mountinfo, "/run/k"));
    }

    private static ContainerdOptions Options => new()
    {
        Root = "/var/lib/kobune/containerd",
        State = "/run/kobune/containerd",
        CniConfDir = "/var/lib/kobune/cni/net.d",
        RegistryConfigPath = "/var/lib/kobune/certs.d",
    };
}
