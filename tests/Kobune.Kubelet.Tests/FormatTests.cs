using Kobune.Kubelet.Configuration;
using Kobune.Kubelet.Formats;
using Kobune.Kubelet.Images;

namespace Kobune.Kubelet.Tests;

public sealed class FormatTests
{
    [Theory]
    [InlineData(0, "0s")]
    [InlineData(10_000, "10s")]
    [InlineData(160_000, "2m40s")]
    [InlineData(300_000, "5m0s")]
    [InlineData(345, "345ms")]
    [InlineData(1234, "1.234s")]
    [InlineData(3_600_000, "1h0m0s")]
    public void Durations_are_spelled_as_Go_does(int milliseconds, string text) => Assert.Equal(text, GoTime.Duration(TimeSpan.FromMilliseconds(milliseconds)));

    [Theory]
    [InlineData("$(A)-$(B)", "1-$(B)")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$A", "$A")]
    [InlineData("x$", "x$")]
    [InlineData("$(A", "$(A")]
    public void References_expand(string text, string expected) => Assert.Equal(expected, Expansion.Expand(text, n => n == "A" ? "1" : null));

    [Theory]
    [InlineData("nginx", "nginx:latest", "Always")]
    [InlineData("nginx:1.27", "nginx:1.27", "IfNotPresent")]
    [InlineData("localhost:5000/a/b", "localhost:5000/a/b:latest", "Always")]
    [InlineData("a@sha256:0123456789012345678901234567890123456789012345678901234567890123", "a@sha256:0123456789012345678901234567890123456789012345678901234567890123", "IfNotPresent")]
    public void Image_names_get_their_tag_and_policy(string image, string full, string policy)
    {
        Assert.Equal((full, null), ImageName.Parse(image));
        Assert.Equal(policy, ImageName.DefaultPolicy(image));
    }

    [Fact]
    public void A_wrong_image_name_is_named() =>
        Assert.Equal("couldn't parse image name \"NGINX\": invalid reference format: repository name (library/NGINX) must be lowercase", ImageName.Parse("NGINX").Error);
}
