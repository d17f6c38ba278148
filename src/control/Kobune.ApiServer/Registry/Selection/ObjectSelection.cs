using Kobune.Api;

namespace Kobune.ApiServer.Registry.Selection;

/// <summary>The compiled label and field selectors of a request. Matching looks at the shared typed object, and only when it must.</summary>
internal sealed class ObjectSelection
{
    public static readonly ObjectSelection Everything = new(LabelSelectors.Everything, FieldSelector.Everything);

    private readonly ISelector labels;
    private readonly FieldSelector fields;

    private ObjectSelection(ISelector labels, FieldSelector fields)
    {
        this.labels = labels;
        this.fields = fields;
        Name = fields.RequiredValue("metadata.name");
        IsEverything = labels.IsEmpty && fields.IsEmpty;
    }

    /// <summary>The only name that can match, or null.</summary>
    public string? Name { get; }

    public bool IsEverything { get; }

    /// <exception cref="KubeStatusException">400 in upstream's words.</exception>
    public static ObjectSelection Parse(ResourceInfo resource, ResourceInfo storage, string? labelSelector, string? fieldSelector)
    {
        if (string.IsNullOrEmpty(labelSelector) && string.IsNullOrEmpty(fieldSelector))
        {
            return Everything;
        }

        try
        {
            var fields = FieldSelector.Parse(fieldSelector);
            foreach (var term in fields.Terms)
            {
                if (!SelectableFields.Has(storage, term.Field))
                {
                    throw StatusErrors.BadRequest($"Unable to find \"{resource.GroupVersionResource}\" that match label selector \"{labelSelector}\", field selector \"{fieldSelector}\": {Unsupported(storage, term.Field)}");
                }
            }

            return new ObjectSelection(LabelSelectors.Parse(labelSelector), fields);
        }
        catch (FormatException e)
        {
            throw StatusErrors.BadRequest(e.Message);
        }
    }

    /// <summary>The name that a selector of the form metadata.name=x asks for; authorization treats it as the request's name.</summary>
    public static string? SoleName(string? fieldSelector)
    {
        if (string.IsNullOrEmpty(fieldSelector) || !fieldSelector.Contains("metadata.name", StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            return FieldSelector.Parse(fieldSelector).RequiredValue("metadata.name");
        }
        catch (FormatException)
        {
            // The handler refuses the request in a moment.
            return null;
        }
    }

    public bool Matches(StoredObject item)
    {
        if (IsEverything)
        {
            return true;
        }

        return (Name is null || item.Key.AsSpan(item.Key.LastIndexOf('/') + 1).SequenceEqual(Name)) && Matches(item.Object);
    }

    public bool Matches(KubeObject obj) =>
        labels.Matches(obj.Metadata.Labels) && (fields.IsEmpty || fields.Matches(field => field switch
        {
            "metadata.name" => obj.Metadata.Name,
            "metadata.namespace" => obj.Metadata.Namespace,
            _ => SelectableFields.Value(obj, field) ?? "",
        }));

    /// <summary>Kinds with selectable fields of their own have a table of them upstream, others share a general sentence.</summary>
    private static string Unsupported(ResourceInfo storage, string field) =>
        CustomResources.CustomFacts.Of(storage) is not null || storage.Plural is "pods" or "nodes" or "namespaces" or "secrets" or "events" or "services" or "replicationcontrollers" or "jobs" or "replicasets" or "certificatesigningrequests"
            ? "field label not supported: " + field
            : $"\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";
}
