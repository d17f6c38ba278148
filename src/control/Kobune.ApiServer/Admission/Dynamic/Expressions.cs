using System.Collections.Concurrent;
using Kobune.ApiServer.Cel;

namespace Kobune.ApiServer.Admission.Dynamic;

/// <summary>Expressions of webhooks and policies, compiled once each.</summary>
internal static class Expressions
{
    private const int MaxCached = 4000;

    /// <summary>What expressions about requests may refer to.</summary>
    public static readonly string[] Variables = ["object", "oldObject", "request", "params", "namespaceObject", "authorizer", "variables"];

    private static readonly ConcurrentDictionary<string, CelProgram> Compiled = new(StringComparer.Ordinal);

    /// <exception cref="CelSyntaxException">It does not compile.</exception>
    public static CelProgram Of(string expression)
    {
        if (Compiled.TryGetValue(expression, out var known))
        {
            return known;
        }

        if (Compiled.Count > MaxCached)
        {
            Compiled.Clear();
        }

        return Compiled[expression] = CelProgram.Compile(expression, Variables);
    }

    /// <summary>null, or why it does not compile, as field errors say it.</summary>
    public static string? Problem(string expression, bool mustBeBool, IEnumerable<string>? variables = null)
    {
        try
        {
            CelProgram.Compile(expression, variables ?? Variables, null, mustBeBool);
            return null;
        }
        catch (CelSyntaxException e)
        {
            return "compilation failed: " + e.Explain(expression);
        }
    }
}
