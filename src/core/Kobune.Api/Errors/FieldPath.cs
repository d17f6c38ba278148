namespace Kobune.Api;

using System.Globalization;
using System.Text;

/// <summary>The way to a field, for messages: <c>spec.containers[0].env[FOO]</c>. Immutable; children share their parents.</summary>
public sealed class FieldPath
{
    private readonly FieldPath? _parent;
    private readonly string _text;
    private readonly bool _isName;

    private FieldPath(FieldPath? parent, string text, bool isName)
    {
        _parent = parent;
        _text = text;
        _isName = isName;
    }

    public static FieldPath New(string name, params ReadOnlySpan<string> more) => new FieldPath(null, name, true).Child(more);

    public FieldPath Child(string name) => new(this, name, true);

    public FieldPath Child(params ReadOnlySpan<string> names)
    {
        var path = this;
        foreach (var name in names)
        {
            path = path.Child(name);
        }

        return path;
    }

    public FieldPath Index(int index) => new(this, "[" + index.ToString(CultureInfo.InvariantCulture) + "]", false);

    /// <summary>A map's entry: <c>labels[app]</c>.</summary>
    public FieldPath Key(string key) => new(this, "[" + key + "]", false);

    public static implicit operator FieldPath(string name) => new(null, name, true);

    /// <summary>The text, for those who store errors as text.</summary>
    public static implicit operator string(FieldPath path) => path.ToString();

    public override string ToString()
    {
        if (_parent == null)
        {
            return _text;
        }

        var b = new StringBuilder(_parent.ToString());
        if (_isName && b.Length > 0)
        {
            b.Append('.');
        }

        return b.Append(_text).ToString();
    }
}
