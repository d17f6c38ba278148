using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Controllers.Namespaces;

/// <summary>What is left in a namespace that is being emptied, and how its conditions say it.</summary>
internal sealed class NamespaceContent
{
    private readonly SortedDictionary<string, int> _resources = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _finalizers = new(StringComparer.Ordinal);
    private readonly List<string> _errors = [];

    public bool IsEmpty => _resources.Count == 0 && _errors.Count == 0;

    public void Remains(ResourceInfo resource, IReadOnlyList<KubeObject> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        _resources[$"{resource.Plural}.{resource.Group}"] = items.Count;
        foreach (var finalizer in items.SelectMany(i => i.Metadata.Finalizers))
        {
            _finalizers[finalizer] = _finalizers.GetValueOrDefault(finalizer) + 1;
        }
    }

    public void Failed(string error) => _errors.Add(error);

    public void SetConditions(NamespaceStatus status, DateTimeOffset now)
    {
        Set(status, now, "NamespaceDeletionDiscoveryFailure", null, "ResourcesDiscovered", "All resources successfully discovered");
        Set(status, now, "NamespaceDeletionGroupVersionParsingFailure", null, "ParsedGroupVersions", "All legacy kube types successfully parsed");
        Set(status, now, "NamespaceDeletionContentFailure",
            _errors.Count == 0 ? null : ("ContentDeletionFailed", "Failed to delete all resource types, " + _errors.Count + " remaining: " + string.Join(", ", _errors)),
            "ContentDeleted", "All content successfully deleted, may be waiting on finalization");
        Set(status, now, "NamespaceContentRemaining",
            _resources.Count == 0 ? null : ("SomeResourcesRemain", "Some resources are remaining: " + string.Join(", ", _resources.Select(r => $"{r.Key} has {r.Value} resource instances"))),
            "ContentRemoved", "All content successfully removed");
        Set(status, now, "NamespaceFinalizersRemaining",
            _finalizers.Count == 0 ? null : ("SomeFinalizersRemain", "Some content in the namespace has finalizers remaining: " + string.Join(", ", _finalizers.Select(f => $"{f.Key} in {f.Value} resource instances"))),
            "ContentHasNoFinalizers", "All content-preserving finalizers finished");
    }

    private static void Set(NamespaceStatus status, DateTimeOffset now, string type, (string Reason, string Message)? problem, string goodReason, string goodMessage)
    {
        var value = problem is null ? "False" : "True";
        var (reason, message) = problem ?? (goodReason, goodMessage);
        var condition = status.Conditions.FirstOrDefault(c => c.Type == type);
        if (condition is null)
        {
            status.Conditions.Add(condition = new NamespaceCondition { Type = type });
        }

        if (condition.Status != value)
        {
            condition.LastTransitionTime = now;
        }

        (condition.Status, condition.Reason, condition.Message) = (value, reason, message);
    }
}
