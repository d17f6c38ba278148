using System.Globalization;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Annotations that mean something to Pods.</summary>
internal static class PodAnnotationValidation
{
    public const string Mirror = "kubernetes.io/config.mirror";
    private const string DeletionCost = "controller.kubernetes.io/pod-deletion-cost";

    public static void Validate(Dictionary<string, string> annotations, PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (annotations.TryGetValue(Mirror, out var mirror) && spec.NodeName.Length == 0)
        {
            errors.Invalid(path.Key(Mirror), mirror, "must set spec.nodeName if mirror pod annotation is set");
        }

        if (annotations.TryGetValue(DeletionCost, out var cost) && !IsCost(cost))
        {
            errors.Invalid(path.Key(DeletionCost), cost, "must be a 32bit integer");
        }

        Dependencies(annotations, spec, path.Key(ContainerDependencies.Annotation), errors);
    }

    /// <summary>Our extension of the start order: unknown names and cycles are refused with their path.</summary>
    private static void Dependencies(Dictionary<string, string> annotations, PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (!annotations.TryGetValue(ContainerDependencies.Annotation, out var text))
        {
            return;
        }

        try
        {
            var names = spec.Containers.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var problem in ContainerDependencies.Problems(ContainerDependencies.Of(annotations), names))
            {
                errors.Invalid(path, text, problem);
            }
        }
        catch (FormatException e)
        {
            errors.Invalid(path, text, e.Message);
        }
    }

    public static void ValidateUpdate(Dictionary<string, string> annotations, Dictionary<string, string> old, FieldPath path, FieldErrorList errors)
    {
        var had = old.TryGetValue(Mirror, out var before);
        if (had && annotations.GetValueOrDefault(Mirror) != before)
        {
            errors.Forbidden(path.Key(Mirror), "may not remove or update mirror pod annotation");
        }
        else if (!had && annotations.ContainsKey(Mirror))
        {
            errors.Forbidden(path.Key(Mirror), "may not add mirror pod annotation");
        }
    }

    /// <summary>No plus sign and no leading zero.</summary>
    private static bool IsCost(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) && text[0] != '+' && (text == "0" || !text.TrimStart('-').StartsWith('0'));
}
