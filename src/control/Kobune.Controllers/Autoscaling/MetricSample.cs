namespace Kobune.Controllers.Autoscaling;

/// <summary>What one Pod uses, in thousandths, and when and for how long it was measured.</summary>
internal readonly record struct MetricSample(long MilliValue, DateTimeOffset Timestamp, TimeSpan Window);

/// <summary>A metric cannot be had or understood; the reason is that of the condition ScalingActive.</summary>
internal sealed class MetricException(string reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Reason => reason;
}
