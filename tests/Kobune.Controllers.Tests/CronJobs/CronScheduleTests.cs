using System.Globalization;
using Kobune.Api;

namespace Kobune.Controllers.Tests.CronJobs;

public sealed class CronScheduleTests
{
    [Theory]
    [InlineData("*/15 * * * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:15:00Z")]
    [InlineData("5 4 * * sun", "UTC", "2026-01-01T00:00:00Z", "2026-01-04T04:05:00Z")]
    [InlineData("0 0 13 * 5", "UTC", "2026-01-03T00:00:00Z", "2026-01-09T00:00:00Z")] // a Friday comes before the 13th
    [InlineData("0 22 * * 1-5", "UTC", "2026-01-02T22:00:00Z", "2026-01-05T22:00:00Z")]
    [InlineData("@hourly", "UTC", "2026-01-01T00:59:59Z", "2026-01-01T01:00:00Z")]
    [InlineData("@every 90s", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z")]
    [InlineData("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 9 * * *", "Asia/Tokyo", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z")] // 2:30 does not exist on the 29th
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")] // and comes twice on the 25th
    public void Finds_the_next_time(string schedule, string zone, string after, string next) => Assert.Equal(
        Time(next), CronSchedule.Parse(schedule).Next(Time(after), TimeZoneInfo.FindSystemTimeZoneById(zone)));

    [Fact]
    public void Knows_what_never_comes() => Assert.Null(CronSchedule.Parse("0 0 31 2 *").Next(Time("2026-01-01T00:00:00Z"), TimeZoneInfo.Utc));

    [Theory]
    [InlineData("* * * *", "expected exactly 5 fields, found 4: [* * * *]")]
    [InlineData("60 * * * *", "end of range (60) above maximum (59): 60")]
    [InlineData("@noon", "unrecognized descriptor: @noon")]
    public void Says_what_is_wrong(string schedule, string error) => Assert.Equal(error, CronSchedule.Error(schedule));

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
