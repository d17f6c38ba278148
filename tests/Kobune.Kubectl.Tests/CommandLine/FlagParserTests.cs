using Kobune.Kubectl.CommandLine;

namespace Kobune.Kubectl.Tests.CommandLine;

public class FlagParserTests
{
    private static readonly FlagParser Parser = new(
    [
        Flag.Text("namespace", "", 'n'), Flag.Bool("stdin", "", 'i'), Flag.Bool("tty", "", 't'), Flag.Text("output", "", 'o'), Flag.List("filename", "", 'f'),
        Flag.Array("from-literal", ""), Flag.Text("dry-run", "", value: "none", noValue: "unchanged"), new Flag("tail", FlagKind.Int, "-1", ""), Flag.Duration("since", ""),
    ]);

    private static ParsedLine Parse(string line) => Parser.Parse(line.Split(' '));

    [Theory]
    [InlineData("-n a pod", "a")]
    [InlineData("-na pod", "a")]
    [InlineData("-n=a pod", "a")]
    [InlineData("--namespace a pod", "a")]
    [InlineData("--namespace=a pod", "a")]
    [InlineData("pod -n a", "a")]
    [InlineData("pod -itn a", "a")]
    [InlineData("-n b pod -n a", "a")]
    public void ValuesStandWherePflagAllowsThem(string line, string ns)
    {
        var parsed = Parse(line);
        Assert.Equal(ns, parsed.Flags.Text("namespace"));
        Assert.Equal(["pod"], parsed.Arguments);
    }

    [Fact]
    public void JoinedLettersAreSeparateFlags()
    {
        var parsed = Parse("-it pod -- sh -c ls");
        Assert.True(parsed.Flags.Bool("stdin") && parsed.Flags.Bool("tty"));
        Assert.Equal(["pod", "sh", "-c", "ls"], parsed.Arguments);
        Assert.Equal(1, parsed.ArgumentsBeforeDash);
    }

    [Fact]
    public void ListsSplitAtCommasAndArraysDoNot()
    {
        var parsed = Parse("-f a,b -f c --from-literal=x=1,2 --from-literal=y=3");
        Assert.Equal(["a", "b", "c"], parsed.Flags.List("filename"));
        Assert.Equal(["x=1,2", "y=3"], parsed.Flags.List("from-literal"));
    }

    [Theory]
    [InlineData("--foo", "unknown flag: --foo")]
    [InlineData("-Z", "unknown shorthand flag: 'Z' in -Z")]
    [InlineData("-n", "flag needs an argument: 'n' in -n")]
    [InlineData("--output", "flag needs an argument: --output")]
    [InlineData("--tail=x", "invalid argument \"x\" for \"--tail\" flag: strconv.ParseInt: parsing \"x\": invalid syntax")]
    public void MistakesAreWordedAsPflagWordsThem(string line, string message) =>
        Assert.Equal(message, Assert.Throws<CommandException>(() => Parse(line)).Message);

    [Fact]
    public void AFlagMayMeanSomethingWithoutItsValue() => Assert.Equal("unchanged", Parse("--dry-run x").Flags.Text("dry-run"));

    [Theory]
    [InlineData("1h2m3s", 3723)]
    [InlineData("300ms", 0.3)]
    [InlineData("0", 0)]
    [InlineData("1.5h", 5400)]
    public void DurationsAreGo(string text, double seconds) => Assert.Equal(seconds, GoDuration.Parse(text).TotalSeconds, 6);

    [Theory]
    [InlineData(60, "1m0s")]
    [InlineData(90.5, "1m30.5s")]
    [InlineData(3600, "1h0m0s")]
    [InlineData(0.25, "250ms")]
    public void DurationsAreShownAsGo(double seconds, string text) => Assert.Equal(text, GoDuration.Format(TimeSpan.FromSeconds(seconds)));
}
