using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.CustomResources.Definitions;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.ApiExtensions;

internal sealed class CustomResourceDefinitionHooks : TypedHooks<CustomResourceDefinition>
{
    public override bool AllowUnconditionalUpdate => false;

    private const int Port = 443;

    protected override void Default(CustomResourceDefinition obj)
    {
        var names = obj.Spec.Names;
        if (names.Singular.Length == 0)
        {
            names.Singular = names.Kind.ToLowerInvariant();
        }

        if (names.ListKind.Length == 0 && names.Kind.Length > 0)
        {
            names.ListKind = names.Kind + "List";
        }

        obj.Spec.Conversion ??= new CustomResourceConversion { Strategy = "None" };
        if (obj.Spec.Conversion.Webhook?.ClientConfig?.Service is { } service)
        {
            service.Port ??= Port;
        }
    }

    // Its objects go first: the first deletion only marks it, and whoever cleans up lets it go.
    public override bool HoldsDeletion(Kobune.Api.KubeObject obj) => obj.Metadata.DeletionTimestamp is null;

    public override void MarkDeleting(Kobune.Api.KubeObject obj)
    {
        var definition = (CustomResourceDefinition)obj;
        if (!definition.Metadata.Finalizers.Contains(DefinitionConditions.CleanupFinalizer))
        {
            definition.Metadata.Finalizers.Add(DefinitionConditions.CleanupFinalizer);
        }

        DefinitionConditions.Set(
            definition, "Terminating", "True", "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon", definition.Metadata.DeletionTimestamp!.Value);
    }

    protected override void ValidateStatusUpdate(CustomResourceDefinition obj, CustomResourceDefinition old, FieldErrorList errors)
    {
        if (obj.Spec.Versions.Find(v => v.Storage) is { } storage && !obj.Status.StoredVersions.Contains(storage.Name))
        {
            errors.Invalid("status.storedVersions", obj.Status.StoredVersions, "must have the storage version " + storage.Name);
        }

        Stored(obj, errors);
    }

    protected override void PrepareForCreate(CustomResourceDefinition obj, WriteContext context) => RememberStored(obj);

    protected override void PrepareForUpdate(CustomResourceDefinition obj, CustomResourceDefinition old, WriteContext context) => RememberStored(obj);

    protected override void Validate(CustomResourceDefinition obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        if (obj.Metadata.Name != $"{spec.Names.Plural}.{spec.Group}")
        {
            errors.Invalid("metadata.name", obj.Metadata.Name, "must be spec.names.plural+\".\"+spec.group");
        }

        if (spec.Group.Length == 0)
        {
            errors.Required("spec.group");
        }
        else
        {
            errors.DnsSubdomain("spec.group", spec.Group);
            if (spec.Group.Split('.').Length < 2)
            {
                errors.Invalid("spec.group", spec.Group, "should be a domain with at least one dot");
            }
        }

        Approval(obj, errors);
        if (spec.Scope.Length == 0)
        {
            errors.Required("spec.scope");
        }
        else
        {
            FieldRules.OneOf(errors, "spec.scope", spec.Scope, "Cluster", "Namespaced");
        }

        VersionChecks.Check(spec, errors);
        DefinitionNames.Check(spec.Names, "spec.names", errors);
        Conversion(spec, errors);
        if (spec.PreserveUnknownFields)
        {
            errors.Invalid("spec.preserveUnknownFields", true, "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead");
        }
    }

    protected override void ValidateUpdate(CustomResourceDefinition obj, CustomResourceDefinition old, FieldErrorList errors)
    {
        Validate(obj, errors);
        if (old.Status.Conditions.Exists(c => c is { Type: "Established", Status: "True" }))
        {
            FieldRules.Immutable(errors, "spec.scope", obj.Spec.Scope, old.Spec.Scope);
            FieldRules.Immutable(errors, "spec.names.kind", obj.Spec.Names.Kind, old.Spec.Names.Kind);
        }

        FieldRules.Immutable(errors, "spec.group", obj.Spec.Group, old.Spec.Group);
        FieldRules.Immutable(errors, "spec.names.plural", obj.Spec.Names.Plural, old.Spec.Names.Plural);
        Stored(obj, errors);
    }

    private static void Stored(CustomResourceDefinition obj, FieldErrorList errors)
    {
        for (var i = 0; i < obj.Status.StoredVersions.Count; i++)
        {
            if (!obj.Spec.Versions.Exists(v => v.Name == obj.Status.StoredVersions[i]))
            {
                errors.Invalid($"status.storedVersions[{i}]", obj.Status.StoredVersions[i], "missing from spec.versions; " + obj.Status.StoredVersions[i] + " was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in " + obj.Status.StoredVersions[i] + " and removes " + obj.Status.StoredVersions[i] + " from status.storedVersions");
            }
        }
    }

    // Objects may lie in the store in every version that ever was the storage version.
    private static void RememberStored(CustomResourceDefinition obj)
    {
        if (obj.Spec.Versions.Find(v => v.Storage) is { } storage && !obj.Status.StoredVersions.Contains(storage.Name))
        {
            obj.Status.StoredVersions.Add(storage.Name);
        }
    }

    private static void Approval(CustomResourceDefinition obj, FieldErrorList errors)
    {
        const string Annotation = "api-approved.kubernetes.io";
        var group = obj.Spec.Group;
        var isProtected = group is "k8s.io" or "kubernetes.io" || group.EndsWith(".k8s.io", StringComparison.Ordinal) || group.EndsWith(".kubernetes.io", StringComparison.Ordinal);
        if (isProtected && !obj.Metadata.Annotations.ContainsKey(Annotation))
        {
            errors.Required($"metadata.annotations[{Annotation}]", $"protected groups must have approval annotation \"{Annotation}\", see https://github.com/kubernetes/enhancements/pull/1111");
        }
    }

    private static void Conversion(CustomResourceDefinitionSpec spec, FieldErrorList errors)
    {
        const string Path = "spec.conversion";
        if (spec.Conversion is not { } conversion)
        {
            errors.Required(Path);
            return;
        }

        if (conversion.Strategy.Length == 0)
        {
            errors.Required(Path + ".strategy");
        }
        else
        {
            FieldRules.OneOf(errors, Path + ".strategy", conversion.Strategy, "None", "Webhook");
        }

        if (conversion.Strategy == "Webhook" && conversion.Webhook?.ClientConfig is null)
        {
            errors.Required(Path + ".webhookClientConfig", "required when strategy is set to Webhook");
        }
        else if (conversion.Strategy == "None" && conversion.Webhook is not null)
        {
            errors.Forbidden(Path + ".webhook", "should not be set when strategy is not set to Webhook");
        }
    }
}
