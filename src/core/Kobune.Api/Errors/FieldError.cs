namespace Kobune.Api;

using System.Globalization;
using System.Text;

/// <summary>
/// One validation failure: the field, the value, why. Worded as the reference's field.Error, because clients and
/// their tests read these sentences.
/// </summary>
public sealed class FieldError
{
    private readonly string _type;

    private FieldError(FieldPath field, string causeType, string type, string? shown, string detail)
    {
        Field = field.ToString();
        CauseType = causeType;
        _type = type;
        Body = _type + (shown == null ? "" : ": " + shown) + (detail.Length == 0 ? "" : ": " + detail);
    }

    /// <summary><c>spec.containers[0].image</c>.</summary>
    public string Field { get; }

    /// <summary>FieldValueRequired, FieldValueInvalid …</summary>
    public string CauseType { get; }

    /// <summary>The message without the field.</summary>
    public string Body { get; }

    public override string ToString() => $"{Field}: {Body}";

    public static FieldError Invalid(FieldPath field, object? value, string detail) => new(field, "FieldValueInvalid", "Invalid value", Show(value), detail);

    public static FieldError Required(FieldPath field, string detail = "") => new(field, "FieldValueRequired", "Required value", null, detail);

    public static FieldError Duplicate(FieldPath field, object? value) => new(field, "FieldValueDuplicate", "Duplicate value", Show(value), "");

    public static FieldError Forbidden(FieldPath field, string detail) => new(field, "FieldValueForbidden", "Forbidden", null, detail);

    public static FieldError NotFound(FieldPath field, object? value) => new(field, "FieldValueNotFound", "Not found", Show(value), "");

    public static FieldError NotSupported(FieldPath field, object? value, params IEnumerable<string> supported)
    {
        var list = string.Join(", ", supported.Select(Quote));
        return new(field, "FieldValueNotSupported", "Unsupported value", Show(value), list.Length == 0 ? "" : "supported values: " + list);
    }

    public static FieldError TooLong(FieldPath field, int maxBytes) => new(field, "FieldValueTooLong", "Too long", null,
        maxBytes < 0 ? "value is too long" : $"may not be more than {maxBytes.ToString(CultureInfo.InvariantCulture)} {(maxBytes == 1 ? "byte" : "bytes")}");

    public static FieldError TooMany(FieldPath field, int actual, int max) => new(field, "FieldValueTooMany", "Too many", Show(actual),
        max < 0 ? "has too many items" : $"must have at most {max.ToString(CultureInfo.InvariantCulture)} {(max == 1 ? "item" : "items")}");

    public static FieldError TypeInvalid(FieldPath field, object? value, string detail) => new(field, "FieldValueTypeInvalid", "Invalid value", Show(value), detail);

    public static FieldError Internal(FieldPath field, string detail) => new(field, "InternalError", "Internal error", null, detail);

    /// <summary>One message as it is; several, without repeats, as <c>[a, b]</c>.</summary>
    public static string Join(IEnumerable<FieldError> errors)
    {
        var texts = errors.Select(e => e.ToString()).Distinct().ToList();
        return texts.Count == 1 ? texts[0] : "[" + string.Join(", ", texts) + "]";
    }

    private static string Show(object? value) => value switch
    {
        null => "null",
        string s => Quote(s),
        bool b => b ? "true" : "false",
        IFormattable f and (int or long or double) => f.ToString(null, CultureInfo.InvariantCulture),
        Quantity q => Quote(q.ToString()),
        IntOrString v => v.IsString ? Quote(v.StringValue) : v.ToString(),
        IEnumerable<string> list => "[" + string.Join(",", list.Select(Quote)) + "]",
        _ => value.ToString() ?? "null",
    };

    /// <summary>Go's %q for what occurs in messages.</summary>
    internal static string Quote(string text)
    {
        var b = new StringBuilder("\"");
        foreach (var c in text)
        {
            b.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' or '\u007f' => $"\\x{(int)c:x2}",
                _ => c.ToString(),
            });
        }

        return b.Append('"').ToString();
    }
}
