using Kobune.Api.Core.V1;
using Kobune.Testing.Time;

namespace Kobune.Runtime.Tests;

public sealed class EventCorrelatorTests
{
    private readonly VirtualTime _time = new();
    private readonly EventCorrelator _correlator;

    public EventCorrelatorTests() => _correlator = new EventCorrelator(_time);

    [Fact]
    public void The_same_event_is_counted()
    {
        Assert.Equal(1, _correlator.Correlate(Happened("one"))!.Count);
        Assert.Equal(2, _correlator.Correlate(Happened("one"))!.Count);
        Assert.Equal(1, _correlator.Correlate(Happened("two"))!.Count);
    }

    [Fact]
    public void More_than_ten_messages_of_one_reason_are_combined()
    {
        for (var i = 0; i < 10; i++)
        {
            _correlator.Correlate(Happened($"message {i}"));
        }

        var combined = Happened("message 10");
        Assert.Equal(1, _correlator.Correlate(combined)!.Count);
        Assert.Equal("(combined from similar events): message 10", combined.Message);
        Assert.Equal(2, _correlator.Correlate(Happened("message 11"))!.Count);
    }

    [Fact]
    public void One_object_gets_a_burst_and_then_one_per_five_minutes()
    {
        Assert.Equal(25, Enumerable.Range(0, 100).Count(_ => _correlator.Correlate(Happened("again")) is not null));
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(1, Enumerable.Range(0, 10).Count(_ => _correlator.Correlate(Happened("again")) is not null));
        Assert.NotNull(_correlator.Correlate(Happened("again", "another")));
    }

    private Event Happened(string message, string name = "p") => new()
    {
        InvolvedObject = new ObjectReference { Kind = "Pod", Namespace = "default", Name = name, Uid = name },
        Type = "Normal",
        Reason = "Tested",
        Message = message,
        FirstTimestamp = _time.GetUtcNow(),
    };
}
