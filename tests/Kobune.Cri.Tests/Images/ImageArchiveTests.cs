using System.Diagnostics;
using Kobune.Cri.Containerd;
using Kobune.Cri.Images;

namespace Kobune.Cri.Tests.Images;

public sealed class ImageArchiveTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Equal_contents_make_equal_archives() => Assert.Equal(Archive(), Archive());

    [Theory]
    [InlineData("oci-archive:{0}:docker.io/kobune/test:1")]
    [InlineData("docker-archive:{0}")]
    public async Task Skopeo_reads_it_in_both_forms(string source)
    {
        Assert.SkipWhen(ContainerdVersionCache.Locate("skopeo") is null, "skopeo is not installed");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("karchive-");
        try
        {
            string file = Path.Combine(directory.FullName, "image.tar");
            await File.WriteAllBytesAsync(file, Archive(), Cancellation);
            var start = new ProcessStartInfo("skopeo", ["--insecure-policy", "copy", "--quiet", string.Format(source, file), $"dir:{directory.FullName}/out"])
            {
                RedirectStandardError = true,
            };
            using Process skopeo = Process.Start(start)!;
            string error = await skopeo.StandardError.ReadToEndAsync(Cancellation);
            await skopeo.WaitForExitAsync(Cancellation);
            Assert.True(skopeo.ExitCode == 0, error);
            Assert.True(File.Exists(Path.Combine(directory.FullName, "out", "manifest.json")));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static byte[] Archive()
    {
        ImageLayer layer = new ImageLayer()
            .Text("/etc/motd", "hello\n")
            .File("/bin/tool", [1, 2, 3], ImageLayer.Executable)
            .Symlink("/bin/alias", "tool");
        var output = new MemoryStream();
        new ImageArchive().Add("kobune/test:1", layer, new ImageConfig { Entrypoint = ["/bin/tool"], Labels = new Dictionary<string, string> { ["a"] = "b" } }).Write(output);
        return output.ToArray();
    }
}
