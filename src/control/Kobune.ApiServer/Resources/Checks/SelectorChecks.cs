using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Checks;

/// <summary>LabelSelectors in specs.</summary>
internal static class SelectorChecks
{
    public const string DoesNotMatch = "`selector` does not match template `labels`";

    public static void Check(FieldErrorList errors, string path, LabelSelector? selector) => LabelSelectorValidation.Validate(selector, path, errors);

    public static bool IsEmpty(LabelSelector selector) => selector.MatchLabels.Count + selector.MatchExpressions.Count == 0;

    /// <summary>The compiled selector, or null when it cannot be compiled; a null selector selects nothing.</summary>
    public static ISelector? Compile(LabelSelector? selector)
    {
        try
        {
            return LabelSelectors.From(selector);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
