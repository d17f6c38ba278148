using Kobune.Api.Autoscaling.V2;

namespace Kobune.Controllers.Autoscaling;

/// <summary>How far the load may be from its target without anything being done: a tenth, unless the behaviour says otherwise.</summary>
internal readonly record struct Tolerance(double Down, double Up)
{
    private const double Default = 0.1;

    public static Tolerance Of(HorizontalPodAutoscaler hpa) => new(
        hpa.Spec.Behavior?.ScaleDown?.Tolerance?.ToDouble() ?? Default, hpa.Spec.Behavior?.ScaleUp?.Tolerance?.ToDouble() ?? Default);

    public bool Covers(double ratio) => 1.0 - Down <= ratio && ratio <= 1.0 + Up;
}
