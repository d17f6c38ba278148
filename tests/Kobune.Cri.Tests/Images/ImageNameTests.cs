using Kobune.Cri.Images;

namespace Kobune.Cri.Tests.Images;

public sealed class ImageNameTests
{
    [Theory]
    [InlineData("busybox", "docker.io/library/busybox:latest")]
    [InlineData("kobune/busybox:1", "docker.io/kobune/busybox:1")]
    [InlineData("docker.io/busybox", "docker.io/library/busybox:latest")]
    [InlineData("index.docker.io/library/busybox", "docker.io/library/busybox:latest")]
    [InlineData("localhost/a", "localhost/a:latest")]
    [InlineData("localhost:5000/a/b:2", "localhost:5000/a/b:2")]
    [InlineData("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10")]
    [InlineData("a/b@sha256:00", "docker.io/a/b@sha256:00")]
    public void Names_are_made_complete(string name, string full) => Assert.Equal(full, ImageName.Normalize(name));
}
