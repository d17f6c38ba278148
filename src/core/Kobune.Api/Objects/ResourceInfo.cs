namespace Kobune.Api;

/// <summary>
/// One served resource: how requests name it, what it may be asked, how it prints, and its schema. Built-in ones are
/// generated from the schema files; a CRD builds its own. Immutable.
/// </summary>
public sealed class ResourceInfo
{
    private TypeSchema? _schema;
    private KubeCodec? _codec;

    public required string Group { get; init; }
    public required string Version { get; init; }
    public required string Kind { get; init; }
    public string ListKind { get => field ?? Kind + "List"; init; }

    /// <summary>Empty for kinds that only occur as bodies of subresources (Scale, Eviction).</summary>
    public string Plural { get; init; } = "";
    public string Singular { get; init; } = "";
    public IReadOnlyList<string> ShortNames { get; init; } = [];
    public IReadOnlyList<string> Categories { get; init; } = [];
    public IReadOnlyList<string> Verbs { get; init; } = [];
    public bool Namespaced { get; init; }
    public IReadOnlyList<SubresourceInfo> Subresources { get; init; } = [];
    public IReadOnlyList<PrinterColumn> Columns { get; init; } = [];

    /// <summary>Makes an empty object of the kind.</summary>
    public required Func<KubeObject> Create { get; init; }

    /// <summary>Where the schema comes from; called once.</summary>
    public required Func<TypeSchema> SchemaSource { get; init; }

    /// <summary>"v1" or "apps/v1".</summary>
    public string ApiVersion => field ??= Group.Length == 0 ? Version : Group + "/" + Version;

    /// <summary>"deployments.apps", "pods": the resource as messages name it.</summary>
    public string QualifiedPlural => Group.Length == 0 ? Plural : Plural + "." + Group;

    /// <summary>"Deployment.apps", "Pod": the kind as messages name it.</summary>
    public string QualifiedKind => Group.Length == 0 ? Kind : Kind + "." + Group;

    public GroupVersionKind GroupVersionKind => new(Group, Version, Kind);

    public GroupVersionResource GroupVersionResource => new(Group, Version, Plural);

    public TypeSchema Schema => _schema ??= SchemaSource();

    public KubeCodec Codec => _codec ??= new KubeCodec(this);

    public SubresourceInfo? Subresource(string name) => Subresources.FirstOrDefault(s => s.Name == name);

    public bool HasVerb(string verb) => Verbs.Contains(verb);

    /// <summary>Everything the built-in API server serves, in discovery order.</summary>
    public static IReadOnlyList<ResourceInfo> BuiltIns => BuiltInTable.Served;

    public static ResourceInfo? Find(string group, string version, string plural) =>
        BuiltInTable.ByResource.GetValueOrDefault(BuiltInTable.Key(group, version, plural));

    public static ResourceInfo? FindKind(string group, string version, string kind) =>
        BuiltInTable.ByKind.GetValueOrDefault(BuiltInTable.Key(group, version, kind));

    public static ResourceInfo Of<T>()
        where T : KubeObject, IKubeKind<T> => T.Info;

    public override string ToString() => $"{ApiVersion} {Kind}";

    private static class BuiltInTable
    {
        private static readonly ResourceInfo[] All = [.. GeneratedKinds.All()];

        internal static readonly ResourceInfo[] Served = Array.FindAll(All, r => r is { Plural.Length: > 0, External: false });

        // Keyed by one string: dictionaries over tuples or frozen ones are compiled at run time, which a command like
        // «get pods» would wait for.
        internal static readonly Dictionary<string, ResourceInfo> ByResource = Index(Array.FindAll(All, r => r.Plural.Length > 0), r => r.Plural);

        internal static readonly Dictionary<string, ResourceInfo> ByKind = Index(All, r => r.Kind);

        internal static string Key(string group, string version, string name) => string.Concat(group, "/", version, "/" + name);

        private static Dictionary<string, ResourceInfo> Index(ResourceInfo[] resources, Func<ResourceInfo, string> name)
        {
            var index = new Dictionary<string, ResourceInfo>(resources.Length, StringComparer.Ordinal);
            foreach (var resource in resources)
            {
                index.Add(Key(resource.Group, resource.Version, name(resource)), resource);
            }

            return index;
        }
    }

    /// <summary>Known to clients, served by somebody else (metrics).</summary>
    internal bool External { get; init; }
}

/// <summary>A subresource: <c>status</c>, <c>scale</c>, <c>exec</c>. Group and version are those of its body's kind.</summary>
public sealed record SubresourceInfo(string Name, string Kind, string Group, string Version, IReadOnlyList<string> Verbs);

/// <summary>A column that <c>kubectl get</c> prints. Priority 0 always, 1 in the wide form. JsonPath only for CRDs.</summary>
public sealed record PrinterColumn(string Name, string Type, string Format = "", int Priority = 0, string JsonPath = "", string Description = "");

public readonly record struct GroupVersionKind(string Group, string Version, string Kind)
{
    public string ApiVersion => Group.Length == 0 ? Version : Group + "/" + Version;

    /// <summary>Splits "apps/v1" or "v1".</summary>
    public static GroupVersionKind From(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/');
        return slash < 0 ? new("", apiVersion, kind) : new(apiVersion[..slash], apiVersion[(slash + 1)..], kind);
    }

    public override string ToString() => $"{ApiVersion}, Kind={Kind}";
}

public readonly record struct GroupVersionResource(string Group, string Version, string Resource)
{
    public override string ToString() => $"{(Group.Length == 0 ? Version : Group + "/" + Version)}, Resource={Resource}";
}
