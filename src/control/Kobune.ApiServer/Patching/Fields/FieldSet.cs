using System.Buffers;
using System.Text.Json;

namespace Kobune.ApiServer.Patching.Fields;

/// <summary>
/// A set of paths to fields, as managedFields records it (fieldsV1). A tree: a node may itself be a member ("." in the
/// notation) and have children. Sets are values: operations return new sets and share nothing that changes later.
/// </summary>
internal sealed class FieldSet
{
    private static readonly SortedDictionary<PathElement, FieldSet> NoChildren = [];

    private SortedDictionary<PathElement, FieldSet>? _children;

    /// <summary>True when the path up to here is in the set.</summary>
    public bool Member { get; private set; }

    public IReadOnlyDictionary<PathElement, FieldSet> Children => _children ?? NoChildren;

    /// <summary>True when no path at or below this node is in the set.</summary>
    public bool IsEmpty => !Member && (_children is null || _children.Values.All(c => c.IsEmpty));

    public FieldSet? Child(PathElement element) => _children is not null && _children.TryGetValue(element, out var child) ? child : null;

    public void Add(ReadOnlySpan<PathElement> path) => Node(path).Member = true;

    public bool Contains(ReadOnlySpan<PathElement> path)
    {
        var node = this;
        foreach (var element in path)
        {
            if (node.Child(element) is not { } next)
            {
                return false;
            }
            node = next;
        }
        return node.Member;
    }

    public FieldSet Union(FieldSet other) => Combine(this, other, (a, b) => a || b);

    public FieldSet Intersect(FieldSet other) => Combine(this, other, (a, b) => a && b);

    /// <summary>The paths of this set that are not in the other.</summary>
    public FieldSet Except(FieldSet other) => Combine(this, other, (a, b) => a && !b);

    /// <summary>The paths of this set that are neither in the other nor below a member of it.</summary>
    public FieldSet ExceptRecursive(FieldSet other)
    {
        var result = new FieldSet { Member = Member && !other.Member };
        foreach (var (element, child) in Children)
        {
            var kept = other.Child(element) switch
            {
                null => child,
                { Member: true } => null,
                var theirs => child.ExceptRecursive(theirs),
            };
            if (kept is { IsEmpty: false })
            {
                (result._children ??= [])[element] = kept;
            }
        }
        return result;
    }

    public bool SetEquals(FieldSet other) =>
        Member == other.Member
        && Children.All(c => c.Value.IsEmpty || other.Child(c.Key) is { } theirs && c.Value.SetEquals(theirs))
        && other.Children.All(c => c.Value.IsEmpty || Child(c.Key) is not null);

    /// <summary>All member paths, in order.</summary>
    public IEnumerable<PathElement[]> Paths()
    {
        var stack = new List<PathElement>();
        return Walk(this, stack);

        static IEnumerable<PathElement[]> Walk(FieldSet node, List<PathElement> path)
        {
            if (node.Member)
            {
                yield return [.. path];
            }
            foreach (var (element, child) in node.Children)
            {
                path.Add(element);
                foreach (var found in Walk(child, path))
                {
                    yield return found;
                }
                path.RemoveAt(path.Count - 1);
            }
        }
    }

    /// <summary>The set in fieldsV1 notation, keys sorted.</summary>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Write(this, writer, root: true);
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="JsonException">Not fieldsV1 notation.</exception>
    public static FieldSet FromJson(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        var set = Read(ref reader);
        set.Member = false;
        return set;
    }

    internal static string Describe(IEnumerable<PathElement> path) => string.Concat(path);

    private FieldSet Node(ReadOnlySpan<PathElement> path)
    {
        var node = this;
        foreach (var element in path)
        {
            var children = node._children ??= [];
            if (!children.TryGetValue(element, out var next))
            {
                children[element] = next = new FieldSet();
            }
            node = next;
        }
        return node;
    }

    private static FieldSet Combine(FieldSet a, FieldSet b, Func<bool, bool, bool> member)
    {
        var result = new FieldSet { Member = member(a.Member, b.Member) };
        foreach (var (element, child) in a.Children)
        {
            Keep(result, element, Combine(child, b.Child(element) ?? Empty, member));
        }
        foreach (var (element, child) in b.Children)
        {
            if (a.Child(element) is null)
            {
                Keep(result, element, Combine(Empty, child, member));
            }
        }
        return result;

        static void Keep(FieldSet parent, PathElement element, FieldSet child)
        {
            if (!child.IsEmpty)
            {
                (parent._children ??= [])[element] = child;
            }
        }
    }

    private static readonly FieldSet Empty = new();

    private static void Write(FieldSet node, Utf8JsonWriter writer, bool root)
    {
        writer.WriteStartObject();
        var hasChildren = node.Children.Any(c => !c.Value.IsEmpty);
        if (node.Member && !root && hasChildren)
        {
            writer.WriteStartObject(".");
            writer.WriteEndObject();
        }
        foreach (var (element, child) in node.Children)
        {
            if (!child.IsEmpty)
            {
                writer.WritePropertyName(element.Text);
                Write(child, writer, root: false);
            }
        }
        writer.WriteEndObject();
    }

    private static FieldSet Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("fieldsV1 holds objects only");
        }
        var node = new FieldSet();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var child = Read(ref reader);
            if (name == ".")
            {
                node.Member = true;
            }
            else if (name.Length > 2 && name[1] == ':')
            {
                (node._children ??= [])[new PathElement(name)] = child;
            }
            else
            {
                throw new JsonException($"\"{name}\" is not a path element");
            }
        }
        if (node._children is null)
        {
            node.Member = true;
        }
        return node;
    }
}
