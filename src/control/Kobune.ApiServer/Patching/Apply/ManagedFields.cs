using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Patching.Fields;

namespace Kobune.ApiServer.Patching.Apply;

/// <summary>
/// The owners of an object's fields, as <c>metadata.managedFields</c> holds them. Immutable; each operation returns a new one.
/// </summary>
internal sealed class ManagedFields
{
    /// <summary>So many Update entries are kept apart; older ones are merged under <see cref="AncientManager"/>.</summary>
    public const int MaxUpdateManagers = 10;

    public const string AncientManager = "ancient-changes";

    public static readonly ManagedFields None = new([]);

    private readonly Dictionary<FieldOwner, Entry> _entries;

    private ManagedFields(Dictionary<FieldOwner, Entry> entries) => _entries = entries;

    private readonly record struct Entry(FieldSet Fields, DateTimeOffset? Time);

    public bool IsEmpty => _entries.Count == 0;

    public IEnumerable<FieldOwner> Owners => _entries.Keys;

    public FieldSet? this[FieldOwner owner] => _entries.TryGetValue(owner, out var entry) ? entry.Fields : null;

    /// <summary>Gives an owner this set; an empty one takes it out. The time changes only when the set does.</summary>
    public ManagedFields With(FieldOwner owner, FieldSet fields, DateTimeOffset now)
    {
        var entries = new Dictionary<FieldOwner, Entry>(_entries);
        if (fields.IsEmpty)
        {
            entries.Remove(owner);
        }
        else if (!(entries.TryGetValue(owner, out var entry) && entry.Fields.SetEquals(fields)))
        {
            entries[owner] = new(fields, now);
        }
        return new(entries);
    }

    /// <summary>Changes an owner's set but not its time: fields that others took over or that went away.</summary>
    public ManagedFields Reduce(FieldOwner owner, FieldSet fields)
    {
        var entries = new Dictionary<FieldOwner, Entry>(_entries);
        if (fields.IsEmpty)
        {
            entries.Remove(owner);
        }
        else
        {
            entries[owner] = entries[owner] with { Fields = fields };
        }
        return new(entries);
    }

    /// <summary>Merges the oldest Update entries into one when there are more than <see cref="MaxUpdateManagers"/>.</summary>
    public ManagedFields Capped()
    {
        var updates = _entries.Where(e => !e.Key.Applies).OrderBy(e => e.Value.Time).ThenBy(e => e.Key.Manager, StringComparer.Ordinal).ToList();
        if (updates.Count <= MaxUpdateManagers)
        {
            return this;
        }
        var entries = new Dictionary<FieldOwner, Entry>(_entries);
        foreach (var (owner, entry) in updates.Take(updates.Count - MaxUpdateManagers + 1))
        {
            entries.Remove(owner);
            var ancient = new FieldOwner(AncientManager, FieldOwner.UpdateOperation, owner.ApiVersion, owner.Subresource);
            entries[ancient] = entries.TryGetValue(ancient, out var merged) ? new(merged.Fields.Union(entry.Fields), entry.Time) : entry;
        }
        return new(entries);
    }

    public bool SameAs(ManagedFields other) =>
        _entries.Count == other._entries.Count
        && _entries.All(e => other._entries.TryGetValue(e.Key, out var theirs) && theirs.Fields.SetEquals(e.Value.Fields));

    /// <summary>Reads <c>metadata.managedFields</c>.</summary>
    /// <exception cref="JsonException">An entry is not in the notation of fieldsV1.</exception>
    public static ManagedFields Read(JsonNode? list)
    {
        var entries = new Dictionary<FieldOwner, Entry>();
        foreach (var item in (list as JsonArray ?? []).OfType<JsonObject>())
        {
            var owner = new FieldOwner(Text(item, "manager"), Text(item, "operation"), Text(item, "apiVersion"), Text(item, "subresource"));
            if (owner.Operation is not (FieldOwner.ApplyOperation or FieldOwner.UpdateOperation) || item["fieldsV1"] is not JsonObject fields)
            {
                continue;
            }
            DateTimeOffset? time = DateTimeOffset.TryParse(Text(item, "time"), System.Globalization.CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
            var set = FieldSet.FromJson(JsonSerializer.SerializeToUtf8Bytes(fields, FieldJson.Default.JsonObject));
            entries[owner] = new(entries.TryGetValue(owner, out var known) ? known.Fields.Union(set) : set, time);
        }
        return new(entries);
    }

    /// <summary>The list to put into <c>metadata.managedFields</c>, in the order that clients see: Apply first, then by time.</summary>
    public JsonArray ToJson()
    {
        var list = new JsonArray();
        foreach (var (owner, entry) in InOrder())
        {
            var item = new JsonObject
            {
                ["manager"] = owner.Manager,
                ["operation"] = owner.Operation,
                ["apiVersion"] = owner.ApiVersion,
            };
            if (entry.Time is { } time)
            {
                item["time"] = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
            }
            item["fieldsType"] = "FieldsV1";
            item["fieldsV1"] = JsonNode.Parse(entry.Fields.ToJson());
            if (owner.Subresource.Length > 0)
            {
                item["subresource"] = owner.Subresource;
            }
            list.Add((JsonNode)item);
        }
        return list;
    }

    /// <summary>The same list as the API's own type.</summary>
    public List<ManagedFieldsEntry> ToApi() =>
    [
        .. InOrder().Select(e => new ManagedFieldsEntry
        {
            Manager = e.Key.Manager,
            Operation = e.Key.Operation,
            ApiVersion = e.Key.ApiVersion,
            Time = e.Value.Time is { } time ? DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds()) : null,
            FieldsType = "FieldsV1",
            FieldsV1 = new RawJson(e.Value.Fields.ToJson()),
            Subresource = e.Key.Subresource,
        }),
    ];

    private IEnumerable<KeyValuePair<FieldOwner, Entry>> InOrder() => _entries.Count < 2 ? _entries : _entries
        .OrderBy(e => e.Key.Operation, StringComparer.Ordinal)
        .ThenBy(e => e.Value.Time?.ToUnixTimeSeconds())
        .ThenBy(e => e.Key.Manager, StringComparer.Ordinal)
        .ThenBy(e => e.Key.ApiVersion, StringComparer.Ordinal)
        .ThenBy(e => e.Key.Subresource, StringComparer.Ordinal);

    private static string Text(JsonObject item, string name) => item[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
internal sealed partial class FieldJson : System.Text.Json.Serialization.JsonSerializerContext;
