using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>What the checks of a PodSpec's parts need to know about the whole.</summary>
internal sealed record PodSpecScope(PodSpec Spec, FieldErrorList Errors)
{
    /// <summary>The name of the Pod, "" for a template: names of generated claims depend on it.</summary>
    public string PodName { get; init; } = "";
    /// <summary>false for a template, which may leave open what is defaulted when the Pod is made.</summary>
    public bool IsPod { get; init; }
    /// <summary>The volumes that are right, by name.</summary>
    public Dictionary<string, Volume> Volumes { get; } = new(StringComparer.Ordinal);
    public HashSet<string> Claims { get; } = Spec.ResourceClaims.Where(c => c.Name.Length > 0).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
}
