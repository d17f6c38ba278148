using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Node selectors, affinities and anti-affinities.</summary>
internal static class AffinityValidation
{
    private const string Required = "requiredDuringSchedulingIgnoredDuringExecution";
    private const string Preferred = "preferredDuringSchedulingIgnoredDuringExecution";

    public static void Validate(Affinity? affinity, FieldPath path, FieldErrorList errors)
    {
        if (affinity?.NodeAffinity is { } node)
        {
            var at = path.Child("nodeAffinity");
            if (node.RequiredDuringSchedulingIgnoredDuringExecution is { } selector)
            {
                Selector(selector, at.Child(Required), errors);
            }

            for (var i = 0; i < node.PreferredDuringSchedulingIgnoredDuringExecution.Count; i++)
            {
                var (term, here) = (node.PreferredDuringSchedulingIgnoredDuringExecution[i], at.Child(Preferred).Index(i));
                Weight(term.Weight, here, errors);
                Term(term.Preference, false, here.Child("preference"), errors);
            }
        }

        if (affinity?.PodAffinity is { } pod)
        {
            Pods(pod.RequiredDuringSchedulingIgnoredDuringExecution, pod.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAffinity"), errors);
        }

        if (affinity?.PodAntiAffinity is { } anti)
        {
            Pods(anti.RequiredDuringSchedulingIgnoredDuringExecution, anti.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAntiAffinity"), errors);
        }
    }

    public static void Selector(NodeSelector selector, FieldPath path, FieldErrorList errors)
    {
        var terms = path.Child("nodeSelectorTerms");
        if (selector.NodeSelectorTerms.Count == 0)
        {
            errors.Required(terms, "must have at least one node selector term");
        }

        for (var i = 0; i < selector.NodeSelectorTerms.Count; i++)
        {
            Term(selector.NodeSelectorTerms[i], true, terms.Index(i), errors);
        }
    }

    private static void Term(NodeSelectorTerm term, bool checkValues, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < term.MatchExpressions.Count; i++)
        {
            Expression(term.MatchExpressions[i], checkValues, path.Child("matchExpressions").Index(i), errors);
        }

        for (var i = 0; i < term.MatchFields.Count; i++)
        {
            Field(term.MatchFields[i], path.Child("matchFields").Index(i), errors);
        }
    }

    private static void Expression(NodeSelectorRequirement requirement, bool checkValues, FieldPath path, FieldErrorList errors)
    {
        var values = path.Child("values");
        switch (requirement.Operator)
        {
            case "In" or "NotIn":
                if (requirement.Values.Count == 0)
                {
                    errors.Required(values, "must be specified when `operator` is 'In' or 'NotIn'");
                }

                break;
            case "Exists" or "DoesNotExist":
                if (requirement.Values.Count > 0)
                {
                    errors.Forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }

                break;
            case "Gt" or "Lt":
                if (requirement.Values.Count != 1)
                {
                    errors.Required(values, "must be specified single value when `operator` is 'Lt' or 'Gt'");
                }

                break;
            default:
                errors.Invalid(path.Child("operator"), requirement.Operator, "not a valid selector operator");
                break;
        }

        errors.QualifiedName(path.Child("key"), requirement.Key);
        for (var i = 0; checkValues && i < requirement.Values.Count; i++)
        {
            errors.Each(values.Index(i), requirement.Values[i], Names.LabelValue(requirement.Values[i]));
        }
    }

    private static void Field(NodeSelectorRequirement requirement, FieldPath path, FieldErrorList errors)
    {
        if (requirement.Operator is not ("In" or "NotIn"))
        {
            errors.Invalid(path.Child("operator"), requirement.Operator, "not a valid selector operator");
        }
        else if (requirement.Values.Count != 1)
        {
            errors.Required(path.Child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
        }

        if (requirement.Key != "metadata.name")
        {
            errors.Invalid(path.Child("key"), requirement.Key, "not a valid field selector key");
            return;
        }

        for (var i = 0; i < requirement.Values.Count; i++)
        {
            errors.DnsSubdomain(path.Child("values").Index(i), requirement.Values[i]);
        }
    }

    private static void Pods(List<PodAffinityTerm> required, List<WeightedPodAffinityTerm> preferred, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < required.Count; i++)
        {
            Pod(required[i], path.Child(Required).Index(i), errors);
        }

        for (var i = 0; i < preferred.Count; i++)
        {
            var at = path.Child(Preferred).Index(i);
            Weight(preferred[i].Weight, at, errors);
            Pod(preferred[i].PodAffinityTerm, at.Child("podAffinityTerm"), errors);
        }
    }

    private static void Pod(PodAffinityTerm term, FieldPath path, FieldErrorList errors)
    {
        LabelSelectorValidation.Validate(term.LabelSelector, path.Child("labelSelector"), errors);
        LabelSelectorValidation.Validate(term.NamespaceSelector, path.Child("namespaceSelector"), errors);
        term.Namespaces.ForEach(n => errors.DnsLabel(path.Child("namespace"), n));
        Keys(term.MatchLabelKeys, term, path.Child("matchLabelKeys"), errors);
        Keys(term.MismatchLabelKeys, term, path.Child("mismatchLabelKeys"), errors);
        for (var i = 0; i < term.MatchLabelKeys.Count; i++)
        {
            if (term.MismatchLabelKeys.Contains(term.MatchLabelKeys[i]))
            {
                errors.Invalid(path.Child("matchLabelKeys").Index(i), term.MatchLabelKeys[i], "exists in both matchLabelKeys and mismatchLabelKeys");
            }
        }

        if (term.TopologyKey.Length == 0)
        {
            errors.Required(path.Child("topologyKey"), "can not be empty");
        }

        errors.QualifiedName(path.Child("topologyKey"), term.TopologyKey);
    }

    private static void Keys(List<string> keys, PodAffinityTerm term, FieldPath path, FieldErrorList errors)
    {
        if (keys.Count > 0 && term.LabelSelector == null)
        {
            errors.Forbidden(path, "must not be specified when labelSelector is not set");
            return;
        }

        for (var i = 0; i < keys.Count; i++)
        {
            errors.QualifiedName(path.Index(i), keys[i]);
        }
    }

    private static void Weight(int weight, FieldPath path, FieldErrorList errors)
    {
        if (weight is <= 0 or > 100)
        {
            errors.Invalid(path.Child("weight"), weight, "must be in the range 1-100");
        }
    }
}
