namespace Kobune.Api.Tests;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("1000m", "1")]
    [InlineData("0.5", "500m")]
    [InlineData("1.5Gi", "1536Mi")]
    [InlineData("100Mi", "100Mi")]
    [InlineData("1024Mi", "1Gi")]
    [InlineData("1000", "1k")]
    [InlineData("1200", "1200")]
    [InlineData("100k", "100k")]
    [InlineData("1e3", "1e3")]
    [InlineData("1E", "1E")]
    [InlineData("12e6", "12e6")]
    [InlineData("0.1n", "1n")]
    [InlineData("-0.1n", "-1n")]
    [InlineData("512Ki", "512Ki")]
    [InlineData("0.5Ki", "512")]
    [InlineData("-1.5Gi", "-1536Mi")]
    [InlineData("+3", "3")]
    [InlineData("1.", "1")]
    [InlineData(".5", "500m")]
    [InlineData("100u", "100u")]
    [InlineData("3.1415926535", "3141592654n")]
    [InlineData("1Ei", "1Ei")]
    public void PrintsCanonically(string text, string canonical) => Assert.Equal(canonical, Quantity.Parse(text).ToString());

    [Theory]
    [InlineData("", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    [InlineData("abc", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    [InlineData("1 Gi", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    [InlineData("1kk", "unable to parse quantity's suffix")]
    [InlineData("1K", "unable to parse quantity's suffix")]
    [InlineData("1.2.3", "unable to parse numeric part of quantity")]
    public void RefusesWithTheKnownWords(string text, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => Quantity.Parse(text)).Message);

    [Fact]
    public void CountsAndCompares()
    {
        Assert.Equal(Quantity.Parse("1"), Quantity.Parse("1000m"));
        Assert.True(Quantity.Parse("1Gi") > Quantity.Parse("1G"));
        Assert.Equal(1, Quantity.Parse("1m").Value);
        Assert.Equal(1500, Quantity.Parse("1.5").MilliValue);
        Assert.Equal("1536Mi", (Quantity.Parse("1Gi") + Quantity.Parse("512Mi")).ToString());
        Assert.Equal("250m", (Quantity.Parse("500m") - Quantity.Parse("250m")).ToString());
        Assert.Equal(1L << 30, Quantity.Parse("1Gi").Value);
        Assert.Equal("1Gi", new Quantity(1L << 30, QuantityFormat.BinarySI).ToString());
    }
}
