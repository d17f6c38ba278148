namespace Kobune.Runtime.Tests;

public sealed class IdsTests
{
    [Fact]
    public void A_seed_repeats_itself()
    {
        var (a, b) = (Ids.Seeded(7), Ids.Seeded(7));
        Assert.Equal(a.NewUid(), b.NewUid());
        Assert.Equal(a.NewSuffix(), b.NewSuffix());
        Assert.NotEqual(Ids.Seeded(8).NewUid(), Ids.Seeded(7).NewUid());
    }

    [Fact]
    public void Uids_are_version_4() => Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", Ids.Random.NewUid());

    [Fact]
    public void Suffixes_are_safe_in_names() => Assert.Matches("^[bcdfghjklmnpqrstvwxz2456789]{5}$", Ids.Random.NewSuffix());
}
