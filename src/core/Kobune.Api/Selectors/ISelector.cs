namespace Kobune.Api;

/// <summary>A compiled label selector. Immutable.</summary>
public interface ISelector
{
    /// <summary>Selects everything.</summary>
    bool IsEmpty { get; }

    bool Matches(IReadOnlyDictionary<string, string> labels);
}
