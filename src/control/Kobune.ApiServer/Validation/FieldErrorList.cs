using Kobune.Api;
using Kobune.Api.Meta.V1;

namespace Kobune.ApiServer.Validation;

/// <summary>
/// Collects what is wrong with an object, in upstream's words: each method makes one cause with its reason and the
/// message "path: Kind of error: value: detail".
/// </summary>
public sealed class FieldErrorList
{
    private readonly List<StatusCause> causes = [];

    public IReadOnlyList<StatusCause> Causes => causes;
    public int Count => causes.Count;

    /// <exception cref="KubeStatusException">422 with one cause per error.</exception>
    public void ThrowIfAny(ResourceInfo resource, string name) => ThrowIfAny(resource.Group, resource.Kind, name);

    /// <exception cref="KubeStatusException">422 with one cause per error.</exception>
    public void ThrowIfAny(string group, string kind, string name)
    {
        if (causes.Count == 0)
        {
            return;
        }

        var texts = causes.Select(c => $"{c.Field}: {c.Message}").Distinct(StringComparer.Ordinal).ToList();
        var error = StatusErrors.Invalid(group, kind, name, []);
        error.Status.Message += ": " + (texts.Count == 1 ? texts[0] : "[" + string.Join(", ", texts) + "]");
        error.Status.Details!.Causes = [.. causes];
        throw new KubeStatusException(error.Status);
    }

    public void Required(string field, string detail = "") => Add("FieldValueRequired", field, "Required value" + Suffix(detail));

    /// <param name="value">Shown as JSON shows it: strings in quotes.</param>
    public void Invalid(string field, object? value, string detail) => Add("FieldValueInvalid", field, $"Invalid value: {Show(value)}" + Suffix(detail));

    /// <param name="supported">In the order in which they are shown.</param>
    public void NotSupported(string field, object? value, params IEnumerable<string> supported) =>
        Add("FieldValueNotSupported", field, $"Unsupported value: {Show(value)}: supported values: {string.Join(", ", supported.Select(Quote))}");

    public void Duplicate(string field, object? value, string detail = "") => Add("FieldValueDuplicate", field, $"Duplicate value: {Show(value)}" + Suffix(detail));

    public void Forbidden(string field, string detail) => Add("FieldValueForbidden", field, "Forbidden" + Suffix(detail));

    public void NotFound(string field, object? value, string detail = "") => Add("FieldValueNotFound", field, $"Not found: {Show(value)}" + Suffix(detail));

    public void TooLong(string field, int maxLength) => Add("FieldValueTooLong", field, $"Too long: may not be more than {maxLength} bytes");

    public void TooMany(string field, int actual, int max) => Add("FieldValueTooMany", field, $"Too many: {actual}: must have at most {max} items");

    public void TypeInvalid(string field, object? value, string detail) => Add("FieldValueTypeInvalid", field, $"Invalid value: {Show(value)}" + Suffix(detail));

    public void Internal(string field, string detail) => Add("InternalError", field, "Internal error" + Suffix(detail));

    /// <summary>Takes over what another list has found.</summary>
    public void AddRange(FieldErrorList others) => causes.AddRange(others.causes);

    /// <summary>An error whose reason is chosen at run time, as rules in CEL do; the message is given whole.</summary>
    internal void AddCause(string reason, string field, string message) => Add(reason, field, message);

    internal static string Quoted(string text) => Quote(text);

    private void Add(string reason, string field, string message) => causes.Add(new StatusCause { Reason = reason, Field = field, Message = message });

    private static string Suffix(string detail) => detail.Length == 0 ? "" : ": " + detail;

    private static string Show(object? value) => value switch
    {
        null => "\"null\"",
        string s => Quote(s),
        bool b => b ? "true" : "false",
        Kobune.Api.ApiStruct or Kobune.Api.RawJson => value.ToString() ?? "",
        IEnumerable<string> list => "[" + string.Join(",", list.Select(Quote)) + "]",
        IEnumerable<Kobune.Api.ApiStruct> list => "[" + string.Join(",", list) + "]",
        IReadOnlyDictionary<string, string> map => "{" + string.Join(",", map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => Quote(p.Key) + ":" + Quote(p.Value))) + "}",
        Kobune.Api.IntOrString { IsString: false } port => port.ToString(),
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        Kobune.Api.Quantity or Kobune.Api.IntOrString => Quote(value.ToString() ?? ""),
        _ => value.ToString() ?? "",
    };

    private static string Quote(string text) => "\"" + System.Text.Json.JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping) + "\"";
}
