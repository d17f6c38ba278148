using Kobune.Kubelet.Configuration;

namespace Kobune.Kubelet.Tests.Volumes;

public sealed class EnvFileTests
{
    [Fact]
    public void Names_and_values_are_read_and_what_is_neither_is_refused()
    {
        var values = EnvFiles.Parse("# made by init\nA='one two'\n\nB=three\nC=\"x=y\"\n", "f.env");
        Assert.Equal([new("A", "one two"), new("B", "three"), new("C", "x=y")], values);
        var problem = Assert.Throws<ConfigurationException>(() => EnvFiles.Parse("A=1\nnonsense\n", "f.env"));
        Assert.Equal("invalid environment variable format at line 2 of file \"f.env\"", problem.Message);
    }
}
