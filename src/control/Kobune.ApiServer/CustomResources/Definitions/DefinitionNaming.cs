using Kobune.Api.ApiExtensions.V1;

namespace Kobune.ApiServer.CustomResources.Definitions;

/// <summary>Which of a definition's names nobody else in its group has, and what follows: NamesAccepted and Established.</summary>
internal static class DefinitionNaming
{
    /// <summary>Brings names and conditions of <paramref name="definition"/> up to date, in place.</summary>
    public static void Decide(CustomResourceDefinition definition, IEnumerable<CustomResourceDefinition> others, DateTimeOffset now)
    {
        var (resources, kinds) = Taken(definition, others);
        var wanted = definition.Spec.Names;
        var accepted = definition.Status.AcceptedNames;
        (string Reason, string Message)? conflict = null;
        accepted.Plural = One(wanted.Plural, accepted.Plural, resources, "PluralConflict");
        accepted.Singular = One(wanted.Singular, accepted.Singular, resources, "SingularConflict");
        var taken = wanted.ShortNames.Where(resources.Contains).ToList();
        if (taken.Count == 0)
        {
            accepted.ShortNames = [.. wanted.ShortNames];
        }
        else
        {
            conflict ??= ("ShortNamesConflict", string.Join(", ", taken.Select(Used)));
        }

        accepted.Kind = One(wanted.Kind, accepted.Kind, kinds, "KindConflict");
        accepted.ListKind = One(wanted.ListKind, accepted.ListKind, kinds, "ListKindConflict");
        accepted.Categories = [.. wanted.Categories];
        if (conflict is { } found)
        {
            DefinitionConditions.Set(definition, "NamesAccepted", "False", found.Reason, found.Message, now);
        }
        else
        {
            DefinitionConditions.Set(definition, "NamesAccepted", "True", "NoConflicts", "no conflicts found", now);
        }

        if (conflict is null && !CustomDefinition.Is(definition, "Established"))
        {
            DefinitionConditions.Set(definition, "Established", "True", "InitialNamesAccepted", "the initial names have been accepted", now);
        }
        else if (!CustomDefinition.Is(definition, "Established"))
        {
            DefinitionConditions.Set(definition, "Established", "False", "NotAccepted", "not all names are accepted", now);
        }

        Approval(definition, now);

        string One(string name, string before, HashSet<string> used, string reason)
        {
            if (!used.Contains(name))
            {
                return name;
            }

            conflict ??= (reason, Used(name));
            return before;
        }
    }

    private static string Used(string name) => $"\"{name}\" is already in use";

    private static (HashSet<string> Resources, HashSet<string> Kinds) Taken(CustomResourceDefinition definition, IEnumerable<CustomResourceDefinition> others)
    {
        var resources = new HashSet<string>(StringComparer.Ordinal);
        var kinds = new HashSet<string>(StringComparer.Ordinal);
        foreach (var other in others.Where(o => o.Spec.Group == definition.Spec.Group && o.Metadata.Name != definition.Metadata.Name))
        {
            var names = other.Status.AcceptedNames;
            resources.UnionWith([names.Plural, names.Singular, .. names.ShortNames]);
            kinds.UnionWith([names.Kind, names.ListKind]);
        }

        resources.Remove("");
        kinds.Remove("");
        return (resources, kinds);
    }

    /// <summary>Groups of the project itself say where they were approved.</summary>
    private static void Approval(CustomResourceDefinition definition, DateTimeOffset now)
    {
        const string Type = "KubernetesAPIApprovalPolicyConformant";
        var group = definition.Spec.Group;
        if (!group.EndsWith(".k8s.io", StringComparison.Ordinal) && !group.EndsWith(".kubernetes.io", StringComparison.Ordinal) && group is not ("k8s.io" or "kubernetes.io"))
        {
            definition.Status.Conditions.RemoveAll(c => c.Type == Type);
            return;
        }

        var text = definition.Metadata.Annotations.GetValueOrDefault("api-approved.kubernetes.io") ?? "";
        if (text.StartsWith("unapproved", StringComparison.Ordinal))
        {
            DefinitionConditions.Set(definition, Type, "False", "UnapprovedAnnotation", $"not approved: \"{text}\"", now);
        }
        else if (Uri.TryCreate(text, UriKind.Absolute, out _))
        {
            DefinitionConditions.Set(definition, Type, "True", "ApprovedAnnotation", $"approved in {text}", now);
        }
        else
        {
            DefinitionConditions.Set(
                definition, Type, "False", text.Length == 0 ? "MissingAnnotation" : "InvalidAnnotation",
                "protected groups must have approval annotation \"api-approved.kubernetes.io\", see https://github.com/kubernetes/enhancements/pull/1111", now);
        }
    }
}
