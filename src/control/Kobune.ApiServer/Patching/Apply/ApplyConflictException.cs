using Kobune.ApiServer.Patching.Fields;

namespace Kobune.ApiServer.Patching.Apply;

/// <summary>An apply would change fields that others own. Answered as 409 with one FieldManagerConflict cause a field.</summary>
internal sealed class ApplyConflictException(IReadOnlyList<(FieldOwner Owner, string Path)> conflicts) : Exception(Describe(conflicts))
{
    public IReadOnlyList<(FieldOwner Owner, string Path)> Conflicts { get; } = conflicts;

    internal static ApplyConflictException From(IEnumerable<(FieldOwner Owner, FieldSet Fields)> conflicts) =>
        new([.. conflicts.SelectMany(c => c.Fields.Paths().Select(p => (c.Owner, FieldSet.Describe(p))))]);

    private static string Describe(IReadOnlyList<(FieldOwner Owner, string Path)> conflicts) => conflicts is [var only]
        ? $"Apply failed with 1 conflict: conflict with {only.Owner}: {only.Path}"
        : $"Apply failed with {conflicts.Count} conflicts: " + string.Join('\n', conflicts
            .GroupBy(c => c.Owner.ToString())
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => $"conflicts with {g.Key}:\n{string.Join('\n', g.Select(c => $"- {c.Path}"))}"));
}
