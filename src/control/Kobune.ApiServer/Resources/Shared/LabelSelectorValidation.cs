using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

internal static class LabelSelectorValidation
{
    public static void Validate(LabelSelector? selector, FieldPath path, FieldErrorList errors)
    {
        if (selector == null)
        {
            return;
        }

        errors.Labels(path.Child("matchLabels"), selector.MatchLabels);
        for (var i = 0; i < selector.MatchExpressions.Count; i++)
        {
            Requirement(selector.MatchExpressions[i], path.Child("matchExpressions").Index(i), errors);
        }
    }

    private static void Requirement(LabelSelectorRequirement requirement, FieldPath path, FieldErrorList errors)
    {
        switch (requirement.Operator)
        {
            case "In" or "NotIn":
                if (requirement.Values.Count == 0)
                {
                    errors.Required(path.Child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
                }

                break;
            case "Exists" or "DoesNotExist":
                if (requirement.Values.Count > 0)
                {
                    errors.Forbidden(path.Child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }

                break;
            default:
                errors.Invalid(path.Child("operator"), requirement.Operator, "not a valid selector operator");
                break;
        }

        errors.QualifiedName(path.Child("key"), requirement.Key);
        for (var i = 0; i < requirement.Values.Count; i++)
        {
            errors.Each(path.Child("values").Index(i), requirement.Values[i], Names.LabelValue(requirement.Values[i]));
        }
    }
}
