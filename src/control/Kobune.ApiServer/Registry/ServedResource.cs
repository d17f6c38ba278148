using Kobune.Api;
using Kobune.ApiServer.CustomResources;
using Kobune.ApiServer.Resources;

namespace Kobune.ApiServer.Registry;

/// <summary>
/// A resource as the registry serves it: built-in or custom. Versions of one resource that share a storage (Events of
/// two groups, HPA v1 and v2) share <see cref="Cache"/> and convert at the edge.
/// </summary>
internal sealed class ServedResource
{
    public required ResourceInfo Info { get; init; }
    /// <summary>The version in which objects are stored.</summary>
    public required ResourceInfo Storage { get; init; }
    /// <summary>null for kinds that are not stored (reviews).</summary>
    public ResourceCache? Cache { get; init; }
    /// <summary>Makes the objects of a kind that is not stored but can be read.</summary>
    public IComputedResource? Computed { get; init; }
    public required IResourceHooks Hooks { get; init; }
    /// <summary>null when served and stored version are the same.</summary>
    public IVersionConverter? Converter { get; init; }
    public KindTraits Traits { get => field == default ? field = KindTraits.Of(Info, Hooks) : field; private set; }
    public ICreateHandler? CreateHandler { get; init; }
    public bool HasStatus { get; init; }
    /// <summary>null for built-in resources.</summary>
    public CustomVersion? Custom { get; init; }
    /// <summary>Custom resources keep kind and apiVersion in the items of lists.</summary>
    public bool IsCustom => Custom is not null;
    /// <summary>Whether a change of the specification counts metadata.generation up.</summary>
    public bool HasGeneration { get; init; }

    public string QualifiedPlural => Info.QualifiedPlural;

    public string KeyOf(string ns, string name) => Info.Namespaced ? $"{Cache!.Prefix}{ns}/{name}" : Cache!.Prefix + name;

    public string PrefixOf(string ns) => Info.Namespaced && ns.Length > 0 ? $"{Cache!.Prefix}{ns}/" : Cache!.Prefix;

    /// <summary>The object in the served version; shared when no conversion is needed.</summary>
    public KubeObject ObjectOf(StoredObject stored) =>
        Custom is not null ? Custom.View(stored).Object : Converter is null ? stored.Object : Converter.FromStorage(stored.Object);

    /// <summary>The JSON in the served version.</summary>
    public ReadOnlyMemory<byte> JsonOf(StoredObject stored) =>
        Custom is not null ? Custom.View(stored).Json : Converter is null ? stored.Json : KubeJson.Write(Converter.FromStorage(stored.Object));
}

/// <summary>Converts between the served and the stored version of a resource. Never changes its input.</summary>
internal interface IVersionConverter
{
    KubeObject FromStorage(KubeObject stored);
    KubeObject ToStorage(KubeObject served);
}
