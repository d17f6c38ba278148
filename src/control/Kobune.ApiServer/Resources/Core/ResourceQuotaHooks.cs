using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>ResourceQuotas: known resources, scopes that fit them.</summary>
internal sealed class ResourceQuotaHooks : TypedHooks<ResourceQuota>
{
    private static readonly HashSet<string> Scopes = new(StringComparer.Ordinal)
    {
        "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass",
    };

    protected override void Validate(ResourceQuota obj, FieldErrorList errors)
    {
        Amounts(obj.Spec.Hard, FieldPath.New("spec", "hard"), errors);
        CheckScopes(obj.Spec, FieldPath.New("spec", "scopes"), errors);
        if (obj.Spec.ScopeSelector is { } selector)
        {
            foreach (var requirement in selector.MatchExpressions)
            {
                Requirement(requirement, obj.Spec, FieldPath.New("spec", "scopeSelector", "matchExpressions"), errors);
            }

            Conflicts(selector.MatchExpressions.ConvertAll(m => m.ScopeName), obj.Spec, FieldPath.New("spec", "scopeSelector", "matchExpressions"), errors);
        }
    }

    protected override void ValidateUpdate(ResourceQuota obj, ResourceQuota old, FieldErrorList errors)
    {
        Validate(obj, errors);
        if (!obj.Spec.Scopes.ToHashSet(StringComparer.Ordinal).SetEquals(old.Spec.Scopes))
        {
            errors.Invalid("spec.scopes", obj.Spec.Scopes, "field is immutable");
        }
    }

    protected override void ValidateStatusUpdate(ResourceQuota obj, ResourceQuota old, FieldErrorList errors)
    {
        Amounts(obj.Status.Hard, FieldPath.New("status", "hard"), errors);
        Amounts(obj.Status.Used, FieldPath.New("status", "used"), errors);
    }

    private static void Amounts(Dictionary<string, Quantity> amounts, FieldPath path, FieldErrorList errors)
    {
        foreach (var (name, amount) in amounts)
        {
            ResourceNames.ValidateQuota(name, path.Key(name), errors);
            ResourceNames.ValidateAmount(name, amount, path.Key(name), errors);
        }
    }

    private static void CheckScopes(ResourceQuotaSpec spec, FieldPath path, FieldErrorList errors)
    {
        foreach (var scope in spec.Scopes)
        {
            if (!Scopes.Contains(scope))
            {
                errors.Invalid(path, spec.Scopes, "unsupported scope");
            }

            foreach (var name in spec.Hard.Keys.Order(StringComparer.Ordinal).Where(n => !Fits(scope, n)))
            {
                errors.Invalid(path, spec.Scopes, "unsupported scope applied to resource");
            }
        }

        Conflicts(spec.Scopes, spec, path, errors);
    }

    private static void Conflicts(List<string> scopes, ResourceQuotaSpec spec, FieldPath path, FieldErrorList errors)
    {
        if ((scopes.Contains("BestEffort") && scopes.Contains("NotBestEffort")) || (scopes.Contains("Terminating") && scopes.Contains("NotTerminating")))
        {
            errors.Invalid(path, spec.Scopes, "conflicting scopes");
        }
    }

    private static void Requirement(ScopedResourceSelectorRequirement requirement, ResourceQuotaSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (!Scopes.Contains(requirement.ScopeName))
        {
            errors.Invalid(path.Child("scopeName"), requirement.ScopeName, "unsupported scope");
        }

        if (spec.Hard.Keys.Any(n => !Fits(requirement.ScopeName, n)))
        {
            errors.Invalid(path, spec.ScopeSelector, "unsupported scope applied to resource");
        }

        if (requirement.ScopeName is not ("PriorityClass" or "VolumeAttributesClass") && Scopes.Contains(requirement.ScopeName) && requirement.Operator != "Exists")
        {
            errors.Invalid(path.Child("operator"), requirement.Operator,
                "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity");
        }

        switch (requirement.Operator)
        {
            case "In" or "NotIn":
                if (requirement.Values.Count == 0)
                {
                    errors.Required(path.Child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
                }

                break;
            case "Exists" or "DoesNotExist":
                if (requirement.Values.Count > 0)
                {
                    errors.Invalid(path.Child("values"), requirement.Values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
                }

                break;
            default:
                errors.Invalid(path.Child("operator"), requirement.Operator, "not a valid selector operator");
                break;
        }
    }

    /// <summary>Best-effort Pods can only be counted; the other scopes of Pods also measure their compute resources.</summary>
    private static bool Fits(string scope, string resource) => !ResourceNames.IsStandardQuota(resource) || scope switch
    {
        "Terminating" or "NotTerminating" or "NotBestEffort" or "PriorityClass" or "CrossNamespacePodAffinity" => resource == "pods" || IsCompute(resource),
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => resource is "persistentvolumeclaims" or "requests.storage",
        _ => true,
    };

    private static bool IsCompute(string resource) =>
        resource is "cpu" or "memory" or "ephemeral-storage" || (resource.StartsWith("requests.", StringComparison.Ordinal) && resource != "requests.storage") || resource.StartsWith("limits.", StringComparison.Ordinal);
}
