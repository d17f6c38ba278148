using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Tests.Text;

public class HumanDurationTests
{
    [Theory]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(150, "2m30s")]
    [InlineData(599, "9m59s")]
    [InlineData(600, "10m")]
    [InlineData(10799, "179m")]
    [InlineData(10800, "3h")]
    [InlineData(11400, "3h10m")]
    [InlineData(28800, "8h")]
    [InlineData(172799, "47h")]
    [InlineData(172800, "2d")]
    [InlineData(446400, "5d4h")]
    [InlineData(691200, "8d")]
    [InlineData(31536000, "365d")]
    [InlineData(63072000, "2y")]
    [InlineData(63158400, "2y1d")]
    [InlineData(252288000, "8y")]
    [InlineData(-5, "<invalid>")]
    public void AgesHaveTheFiguresThatMatter(int seconds, string text) => Assert.Equal(text, HumanDuration.Format(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void ColumnsAreRunsOfAdjacentLines()
    {
        var w = new TabWriter(0, 2);
        w.Write("Name:\tweb\nLabels:\ta=b\n\tc=d\nContainers:\n  nginx:\n    Image:\tx\n");
        Assert.Equal("Name:    web\nLabels:  a=b\n         c=d\nContainers:\n  nginx:\n    Image:  x\n", w.Flush());
    }
}
