using Kobune.Api;
using Kobune.ApiServer.Authentication;

namespace Kobune.ApiServer.Admission;

public enum AdmissionOperation { Create, Update, Delete, Connect }

/// <summary>One write on its way through admission.</summary>
public sealed class AdmissionContext
{
    public required AdmissionOperation Operation { get; init; }
    public required ResourceInfo Resource { get; init; }
    /// <summary>Empty for the object itself.</summary>
    public string Subresource { get; init; } = "";
    /// <summary>Empty for cluster-scoped resources.</summary>
    public string Namespace { get; init; } = "";
    public string Name { get; init; } = "";
    /// <summary>The new object, or the body of a subresource (Binding, Eviction, TokenRequest); null for a deletion.</summary>
    public KubeObject? Object { get; set; }
    /// <summary>What is stored now: shared with others, never to be changed; null for a creation.</summary>
    public KubeObject? OldObject { get; init; }
    public required UserInfo User { get; init; }
    public bool DryRun { get; init; }
    /// <summary>The deletion's options, otherwise null.</summary>
    public Kobune.Api.Meta.V1.DeleteOptions? DeleteOptions { get; init; }
    public string FieldManager { get; init; } = "";
    /// <summary>The resource as it was asked for.</summary>
    internal Registry.ServedResource? Served { get; init; }
    /// <summary>The same objects under other groups and versions.</summary>
    internal IReadOnlyList<Registry.ServedResource> Equivalents => field ??= Catalog is { } catalog && Served is { } served ? catalog.Equivalents(served) : [];
    internal Registry.ResourceCatalog? Catalog { get; init; }
    /// <summary>Texts for the client's Warning headers.</summary>
    public List<string> Warnings { get; } = [];

    public bool Is(string group, string plural, string subresource = "") =>
        Resource.Plural == plural && Resource.Group == group && Subresource == subresource;
}
