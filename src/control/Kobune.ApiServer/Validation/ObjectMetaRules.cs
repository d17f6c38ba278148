using Kobune.Api;
using Kobune.Api.Meta.V1;

namespace Kobune.ApiServer.Validation;

/// <summary>Validation of metadata, the same for every kind.</summary>
internal static class ObjectMetaRules
{
    public static void Create(ObjectMeta meta, bool namespaced, NameRule rule, FieldErrorList errors)
    {
        if (meta.Name.Length == 0)
        {
            errors.Required("metadata.name", "name or generateName is required");
        }
        else
        {
            errors.Each("metadata.name", meta.Name, Check(rule, meta.Name));
        }

        if (namespaced && meta.Namespace.Length == 0)
        {
            errors.Required("metadata.namespace");
        }
        else if (namespaced)
        {
            errors.DnsLabel("metadata.namespace", meta.Namespace);
        }
        else if (!namespaced && meta.Namespace.Length > 0)
        {
            errors.Forbidden("metadata.namespace", "not allowed on this type");
        }

        Common(meta, errors);
    }

    public static void Update(ObjectMeta meta, ObjectMeta old, FieldErrorList errors)
    {
        Immutable(errors, "metadata.name", meta.Name, old.Name);
        Immutable(errors, "metadata.namespace", meta.Namespace, old.Namespace);
        Immutable(errors, "metadata.uid", meta.Uid, old.Uid);
        if (meta.CreationTimestamp != old.CreationTimestamp)
        {
            errors.Invalid("metadata.creationTimestamp", Time(meta.CreationTimestamp), "field is immutable");
        }

        if (meta.DeletionTimestamp != old.DeletionTimestamp)
        {
            errors.Invalid("metadata.deletionTimestamp", Time(meta.DeletionTimestamp), "field is immutable");
        }

        if (meta.DeletionGracePeriodSeconds != old.DeletionGracePeriodSeconds)
        {
            errors.Invalid("metadata.deletionGracePeriodSeconds", meta.DeletionGracePeriodSeconds, "field is immutable");
        }

        if (old.DeletionTimestamp is not null)
        {
            var added = meta.Finalizers.Except(old.Finalizers).ToList();
            if (added.Count > 0)
            {
                errors.Forbidden("metadata.finalizers", "no new finalizers can be added if the object is being deleted, found new finalizers []string{"
                    + string.Join(", ", added.Select(f => $"\"{f}\"")) + "}");
            }
        }

        Common(meta, errors);
    }

    private static IReadOnlyList<string> Check(NameRule rule, string name) => rule switch
    {
        NameRule.DnsLabel => Names.DnsLabel(name),
        NameRule.Dns1035Label => Names.Dns1035Label(name),
        NameRule.PathSegment => Names.PathSegment(name),
        _ => Names.DnsSubdomain(name),
    };

    private static void Common(ObjectMeta meta, FieldErrorList errors)
    {
        errors.Labels("metadata.labels", meta.Labels);
        errors.Annotations("metadata.annotations", meta.Annotations);
        Owners(meta, errors);
        for (var i = 0; i < meta.Finalizers.Count; i++)
        {
            errors.QualifiedName("metadata.finalizers", meta.Finalizers[i]);
        }
    }

    private static void Owners(ObjectMeta meta, FieldErrorList errors)
    {
        OwnerReference? controller = null;
        for (var i = 0; i < meta.OwnerReferences.Count; i++)
        {
            var owner = meta.OwnerReferences[i];
            var path = $"metadata.ownerReferences[{i}]";
            if (owner.ApiVersion.Length == 0)
            {
                errors.Invalid(path + ".apiVersion", owner.ApiVersion, "version must not be empty");
            }

            if (owner.Kind.Length == 0)
            {
                errors.Invalid(path + ".kind", owner.Kind, "must not be empty");
            }

            if (owner.Name.Length == 0)
            {
                errors.Invalid(path + ".name", owner.Name, "must not be empty");
            }

            if (owner.Uid.Length == 0)
            {
                errors.Invalid(path + ".uid", owner.Uid, "must not be empty");
            }

            if (owner.Controller == true)
            {
                if (controller is not null)
                {
                    errors.Invalid("metadata.ownerReferences", owner.Name,
                        $"Only one reference can have Controller set to true. Found \"true\" in references for {controller.Kind}/{controller.Name} and {owner.Kind}/{owner.Name}");
                }

                controller = owner;
            }
        }
    }

    private static void Immutable(FieldErrorList errors, string field, string value, string old)
    {
        if (value != old)
        {
            errors.Invalid(field, value, "field is immutable");
        }
    }

    private static string? Time(DateTimeOffset? time) => time?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
