namespace Kobune.Kubelet.Probes;

/// <summary>The answer to one probe and the text that its event shows.</summary>
internal readonly record struct ProbeOutcome(bool Ok, string Output);

internal enum ProbeKind
{
    Startup,
    Liveness,
    Readiness,
}
