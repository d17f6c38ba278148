namespace Kobune.Store.Tests;

public sealed class KeyRangeTests
{
    [Theory]
    [InlineData("/registry/pods/", "/registry/pods0")]
    [InlineData("a", "b")]
    [InlineData("a\U0010FFFF", "b")]
    [InlineData("\uD7FF", "\uE000")]
    [InlineData("\uFFFF", "\U00010000")]
    [InlineData("\U0010FFFF", KeyRange.NoEnd)]
    [InlineData("", KeyRange.NoEnd)]
    public void A_prefix_ends_before_the_next_character(string prefix, string end) => Assert.Equal(end, KeyRange.PrefixEnd(prefix));

    [Fact]
    public void Keys_compare_as_their_UTF8_bytes()
    {
        string[] keys = ["", "/", "/a", "/a/", "/a0", "/b", "/\u00e9", "/\ud7ff", "/\ue000", "/\uffff", "/\U00010000", "/\U0010FFFF"];
        foreach (var left in keys)
        {
            foreach (var right in keys)
            {
                var bytes = System.Text.Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(right));
                Assert.Equal(Math.Sign(bytes), Math.Sign(KeyRange.Compare(left, right)));
            }
        }
    }
}
