using Kobune.Api;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Checks;

/// <summary>Checks of single fields that many kinds share, worded as upstream words them.</summary>
internal static class FieldRules
{
    public const string NotNegative = "must be greater than or equal to 0";
    public const string ImmutableField = "field is immutable";

    public static void Nonnegative(FieldErrorList errors, string path, long? value)
    {
        if (value < 0)
        {
            errors.Invalid(path, value.Value, NotNegative);
        }
    }

    public static void Positive(FieldErrorList errors, string path, long value)
    {
        if (value <= 0)
        {
            errors.Invalid(path, value, "must be greater than 0");
        }
    }

    /// <summary>Reports a changed field with its new value.</summary>
    public static void Immutable(FieldErrorList errors, string path, ApiStruct? value, ApiStruct? old)
    {
        if (!ApiStruct.DeepEquals(value, old))
        {
            errors.Invalid(path, value, ImmutableField);
        }
    }

    public static void Immutable<T>(FieldErrorList errors, string path, T value, T old)
    {
        // Overload resolution prefers this method for every exact type, structs of the API too: those compare by content.
        if (value is ApiStruct content ? !ApiStruct.DeepEquals(content, old as ApiStruct) : !EqualityComparer<T>.Default.Equals(value, old))
        {
            errors.Invalid(path, value, ImmutableField);
        }
    }

    /// <summary>A string that must be one of the given ones; empty is not.</summary>
    public static void OneOf(FieldErrorList errors, string path, string value, params string[] allowed)
    {
        if (!allowed.Contains(value))
        {
            errors.NotSupported(path, value, allowed);
        }
    }
}
