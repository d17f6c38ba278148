using Kobune.Api;

namespace Kobune.ApiServer.Patching;

/// <summary>Server-side apply and the managedFields that every write leaves behind.</summary>
public interface IFieldManager
{
    /// <summary>Merges an applied configuration (JSON) into the live object, which is given and returned typed; the input is not changed.</summary>
    /// <param name="live">What is stored, or a new object with only kind and name when nothing is.</param>
    /// <exception cref="KubeStatusException">409 with one cause per field in conflict; 400 when the configuration is malformed.</exception>
    KubeObject Apply(ResourceInfo resource, KubeObject live, ReadOnlyMemory<byte> configuration, FieldManagerCall call);

    /// <summary>Brings managedFields of <paramref name="updated"/> up to date after a create, update or patch by a manager (changes it in place).</summary>
    /// <param name="old">What was stored before, or null for a creation.</param>
    void Track(ResourceInfo resource, KubeObject? old, KubeObject updated, FieldManagerCall call);
}

/// <param name="Subresource">Empty for the object itself.</param>
public sealed record FieldManagerCall(string Manager, string Subresource, bool Force, DateTimeOffset Now);
