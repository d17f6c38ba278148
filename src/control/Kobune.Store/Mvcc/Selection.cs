namespace Kobune.Store.Mvcc;

/// <summary>The keys that a range names, without their values.</summary>
internal sealed record Selection(IReadOnlyList<(string Key, Entry Entry)> Items, long Count);
