using Kobune.Api;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Paths inside volumes: nothing may lead out of them.</summary>
internal static class PathRules
{
    public static void NoBacksteps(string value, FieldPath path, FieldErrorList errors)
    {
        if (value.Split('/').Contains(".."))
        {
            errors.Invalid(path, value, "must not contain '..'");
        }
    }

    /// <summary>Relative, without "..".</summary>
    public static void Descending(string value, FieldPath path, FieldErrorList errors)
    {
        if (value.StartsWith('/'))
        {
            errors.Invalid(path, value, "must be a relative path");
        }

        NoBacksteps(value, path, errors);
    }

    /// <summary>Relative, and no name that the kubelet's atomic writer uses itself ("..data").</summary>
    public static void NotReserved(string value, FieldPath path, FieldErrorList errors)
    {
        Descending(value, path, errors);
        if (value.StartsWith("..", StringComparison.Ordinal) && value != ".." && !value.StartsWith("../", StringComparison.Ordinal))
        {
            errors.Invalid(path, value, "must not start with '..'");
        }
    }

    public static void FileMode(int? mode, FieldPath path, FieldErrorList errors)
    {
        if (mode is < 0 or > 0x1FF)
        {
            errors.Invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive");
        }
    }
}
