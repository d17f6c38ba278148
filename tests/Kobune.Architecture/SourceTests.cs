namespace Kobune.Architecture;

/// <summary>Habits of the source that no compiler checks.</summary>
public class SourceTests
{
    /// <summary>A longer file says why in its first comment, or is split along its seams.</summary>
    private const int LongFile = 500;

    [Fact]
    public void LongFilesSayWhy() => Assert.All(
        Repository.Sources("src").Concat(Repository.Sources("tests")),
        file =>
        {
            var lines = File.ReadAllLines(file);
            Assert.True(
                lines.Length <= LongFile || lines.Take(12).Any(l => l.Contains("Long because", StringComparison.OrdinalIgnoreCase)),
                $"{Path.GetRelativePath(Repository.Root, file)} has {lines.Length} lines: split it, or start it with a comment «Long because …»");
        });

    [Fact]
    public void NothingIsLeftUnfinished() => Assert.All(
        Repository.Sources("src"),
        file => Assert.False(
            File.ReadLines(file).Any(l => l.Contains("NotImplementedException", StringComparison.Ordinal) || l.Contains("// TODO", StringComparison.Ordinal) || l.Contains("// FIXME", StringComparison.Ordinal)),
            $"{Path.GetRelativePath(Repository.Root, file)} has an unfinished mark"));
}
