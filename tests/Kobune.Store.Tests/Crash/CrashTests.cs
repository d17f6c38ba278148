namespace Kobune.Store.Tests.Crash;

public sealed class CrashTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Killed_at_any_moment_the_store_has_every_write_that_it_acknowledged()
    {
        const int Rounds = 24;
        var random = new Random(20260);
        var database = _folder.Path("sound.db");
        var acknowledged = new List<Acknowledged>();
        for (var round = 0; round < Rounds; round++)
        {
            acknowledged.AddRange(await Acknowledged.KillAfterAsync("sound", database, random.Next(1, 4000)));
            Assert.Empty(await CrashVerdict.ExamineAsync(database, acknowledged));
        }

        output.WriteLine($"{acknowledged.Count} acknowledged writes, {Rounds} kills");
    }

    [Fact]
    public async Task The_examination_notices_a_store_that_acknowledges_before_it_commits()
    {
        const int Rounds = 40;
        var random = new Random(20261);
        for (var round = 1; round <= Rounds; round++)
        {
            var database = _folder.Path($"broken-{round}.db");
            var acknowledged = await Acknowledged.KillAfterAsync("broken", database, random.Next(1, 1000));
            if (await CrashVerdict.ExamineAsync(database, acknowledged) is [var first, ..])
            {
                output.WriteLine($"noticed in round {round}: {first}");
                return;
            }
        }

        Assert.Fail($"not noticed in {Rounds} rounds");
    }

    public void Dispose() => _folder.Dispose();
}
