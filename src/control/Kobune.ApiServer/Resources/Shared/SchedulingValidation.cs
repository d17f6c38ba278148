using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Tolerations, taints, spreading, gates.</summary>
internal static class SchedulingValidation
{
    public static void Tolerations(List<Toleration> tolerations, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < tolerations.Count; i++)
        {
            var (toleration, at) = (tolerations[i], path.Index(i));
            if (toleration.Key.Length > 0)
            {
                errors.QualifiedName(at.Child("key"), toleration.Key);
            }
            else if (toleration.Operator != "Exists")
            {
                errors.Invalid(at.Child("operator"), toleration.Operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
            }

            if (toleration.TolerationSeconds != null && toleration.Effect != "NoExecute")
            {
                errors.Invalid(at.Child("effect"), toleration.Effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
            }

            Operator(toleration, at.Child("operator"), errors);
            if (toleration.Effect.Length > 0)
            {
                Effect(toleration.Effect, at.Child("effect"), errors);
            }
        }
    }

    public static void Taints(List<Taint> taints, FieldPath path, FieldErrorList errors)
    {
        var seen = new HashSet<(string, string)>();
        for (var i = 0; i < taints.Count; i++)
        {
            var (taint, at) = (taints[i], path.Index(i));
            errors.QualifiedName(at.Child("key"), taint.Key);
            var problems = Names.LabelValue(taint.Value);
            if (problems.Count > 0)
            {
                errors.Invalid(at.Child("value"), taint.Value, string.Join(";", problems));
            }

            if (taint.Effect.Length == 0)
            {
                errors.Required(at.Child("effect"));
            }
            else
            {
                Effect(taint.Effect, at.Child("effect"), errors);
            }

            if (!seen.Add((taint.Key, taint.Effect)))
            {
                errors.Duplicate(at, taint, "taints must be unique by key and effect pair");
            }
        }
    }

    public static void Gates(List<PodSchedulingGate> gates, FieldPath path, FieldErrorList errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < gates.Count; i++)
        {
            errors.QualifiedName(path.Index(i), gates[i].Name);
            if (!seen.Add(gates[i].Name))
            {
                errors.Duplicate(path.Index(i), gates[i].Name);
            }
        }
    }

    public static void Spread(List<TopologySpreadConstraint> constraints, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < constraints.Count; i++)
        {
            var (constraint, at) = (constraints[i], path.Index(i));
            if (constraint.MaxSkew <= 0)
            {
                errors.Invalid(at.Child("maxSkew"), constraint.MaxSkew, "must be greater than zero");
            }

            if (constraint.TopologyKey.Length == 0)
            {
                errors.Required(at.Child("topologyKey"), "can not be empty");
            }

            if (constraint.WhenUnsatisfiable is not ("DoNotSchedule" or "ScheduleAnyway"))
            {
                errors.NotSupported(at.Child("whenUnsatisfiable"), constraint.WhenUnsatisfiable, "DoNotSchedule", "ScheduleAnyway");
            }

            if (constraints.Skip(i + 1).Any(c => c.TopologyKey == constraint.TopologyKey && c.WhenUnsatisfiable == constraint.WhenUnsatisfiable))
            {
                errors.Duplicate(at.Child("{topologyKey, whenUnsatisfiable}"), $"{{{constraint.TopologyKey}, {constraint.WhenUnsatisfiable}}}");
            }

            MinDomains(constraint, at.Child("minDomains"), errors);
            Inclusion(constraint.NodeAffinityPolicy, at.Child("nodeAffinityPolicy"), errors);
            Inclusion(constraint.NodeTaintsPolicy, at.Child("nodeTaintsPolicy"), errors);
            MatchLabelKeys(constraint, at.Child("matchLabelKeys"), errors);
            LabelSelectorValidation.Validate(constraint.LabelSelector, at.Child("labelSelector"), errors);
        }
    }

    private static void Operator(Toleration toleration, FieldPath path, FieldErrorList errors)
    {
        switch (toleration.Operator)
        {
            case "" or "Equal":
                var problems = Names.LabelValue(toleration.Value);
                if (problems.Count > 0)
                {
                    errors.Invalid(path, toleration.Value, string.Join(";", problems));
                }

                break;
            case "Exists":
                if (toleration.Value.Length > 0)
                {
                    errors.Invalid(path, toleration.Value, "value must be empty when `operator` is 'Exists'");
                }

                break;
            default:
                errors.NotSupported(path, toleration.Operator, "Equal", "Exists");
                break;
        }
    }

    private static void Effect(string effect, FieldPath path, FieldErrorList errors)
    {
        if (effect is not ("NoSchedule" or "PreferNoSchedule" or "NoExecute"))
        {
            errors.NotSupported(path, effect, "NoSchedule", "PreferNoSchedule", "NoExecute");
        }
    }

    private static void MinDomains(TopologySpreadConstraint constraint, FieldPath path, FieldErrorList errors)
    {
        if (constraint.MinDomains <= 0)
        {
            errors.Invalid(path, constraint.MinDomains, "must be greater than zero");
        }

        if (constraint.MinDomains != null && constraint.WhenUnsatisfiable != "DoNotSchedule")
        {
            errors.Invalid(path, constraint.MinDomains, $"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {constraint.WhenUnsatisfiable}");
        }
    }

    private static void Inclusion(string? policy, FieldPath path, FieldErrorList errors)
    {
        if (policy is not (null or "Honor" or "Ignore"))
        {
            errors.NotSupported(path, policy, "Honor", "Ignore");
        }
    }

    private static void MatchLabelKeys(TopologySpreadConstraint constraint, FieldPath path, FieldErrorList errors)
    {
        if (constraint.MatchLabelKeys.Count > 0 && constraint.LabelSelector == null)
        {
            errors.Forbidden(path, "must not be specified when labelSelector is not set");
        }

        for (var i = 0; i < constraint.MatchLabelKeys.Count; i++)
        {
            errors.QualifiedName(path.Index(i), constraint.MatchLabelKeys[i]);
            if (constraint.LabelSelector?.MatchLabels.ContainsKey(constraint.MatchLabelKeys[i]) == true)
            {
                errors.Invalid(path.Index(i), constraint.MatchLabelKeys[i], "exists in both matchLabelKeys and labelSelector");
            }
        }
    }
}
