namespace Kobune.Store.Mvcc;

/// <summary>What the index says to a write: the comparison failed, there is nothing to delete, or it goes ahead.</summary>
internal enum WriteVerdict
{
    Conflict,
    Nothing,
    Apply,
}
