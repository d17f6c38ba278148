namespace Kobune.Bench.Api;

/// <summary>One figure of one server.</summary>
/// <param name="Value">In the row's unit.</param>
/// <param name="Note">What else was seen: latencies, processor time, refusals.</param>
internal readonly record struct Measured(double Value, string Note);

/// <summary>A row of the table.</summary>
/// <param name="Unit">"/s", "MB", "s", "% core".</param>
/// <param name="More">Whether more is better; for ratios.</param>
internal sealed record Row(string Name, string Unit, bool More, Func<ApiTarget, Task<Measured>> MeasureAsync);
