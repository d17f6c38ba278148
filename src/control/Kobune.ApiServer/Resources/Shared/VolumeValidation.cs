using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>A Pod's volumes.</summary>
internal static class VolumeValidation
{
    public static void Validate(PodSpecScope scope, FieldPath path)
    {
        var (spec, errors) = (scope.Spec, scope.Errors);
        var made = scope.PodName.Length == 0 ? [] : spec.Volumes.Where(v => v.Ephemeral != null).Select(v => scope.PodName + "-" + v.Name).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < spec.Volumes.Count; i++)
        {
            var (volume, at, before) = (spec.Volumes[i], path.Index(i), errors.Count);
            Sources(volume, scope, at);
            if (volume.Name.Length == 0)
            {
                errors.Required(at.Child("name"));
            }
            else
            {
                errors.DnsLabel(at.Child("name"), volume.Name);
            }

            if (scope.Volumes.ContainsKey(volume.Name))
            {
                errors.Duplicate(at.Child("name"), volume.Name);
            }

            if (errors.Count == before)
            {
                scope.Volumes.Add(volume.Name, volume);
            }

            if (volume.PersistentVolumeClaim is { } claim && made.Contains(claim.ClaimName))
            {
                errors.Invalid(at.Child("persistentVolumeClaim", "claimName"), claim.ClaimName, "must not reference a PVC that gets created for an ephemeral volume");
            }
        }
    }

    private static void Sources(Volume volume, PodSpecScope scope, FieldPath path)
    {
        var count = 0;
        foreach (var (name, source) in VolumeSources.Of(volume))
        {
            if (count++ > 0)
            {
                scope.Errors.Forbidden(path.Child(name), "may not specify more than 1 volume type");
                continue;
            }

            Source(source, volume, scope, path, path.Child(name switch { "gcePersistentDisk" => "persistentDisk", "cephFS" => "cephfs", _ => name }));
        }

        if (count == 0)
        {
            scope.Errors.Required(path, "must specify a volume type");
        }
    }

    private static void Source(ApiStruct source, Volume volume, PodSpecScope scope, FieldPath volumePath, FieldPath path)
    {
        var errors = scope.Errors;
        switch (source)
        {
            case EmptyDirVolumeSource { SizeLimit.Sign: < 0 }:
                errors.Forbidden(path.Child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
                break;
            case HostPathVolumeSource host:
                StorageValidation.HostPath(host, path, errors);
                break;
            case SecretVolumeSource secret:
                Files(secret.SecretName, "secretName", secret.DefaultMode, secret.Items, path, errors);
                break;
            case ConfigMapVolumeSource map:
                Files(map.Name, "name", map.DefaultMode, map.Items, path, errors);
                break;
            case PersistentVolumeClaimVolumeSource claim:
                StorageValidation.Required(claim.ClaimName, path.Child("claimName"), errors);
                break;
            case DownwardAPIVolumeSource downward:
                PathRules.FileMode(downward.DefaultMode, path.Child("defaultMode"), errors);
                downward.Items.ForEach(f => DownwardFile(f, path, errors));
                break;
            case ProjectedVolumeSource projected:
                PathRules.FileMode(projected.DefaultMode, path.Child("defaultMode"), errors);
                ProjectionValidation.Validate(projected, path, errors);
                break;
            case EphemeralVolumeSource ephemeral:
                Ephemeral(ephemeral, volume, scope, volumePath, path);
                break;
            case ImageVolumeSource image:
                if (scope.IsPod && image.Reference.Length == 0)
                {
                    errors.Required(path.Child("reference"));
                }

                ContainerValidation.PullPolicy(image.PullPolicy, path.Child("pullPolicy"), errors);
                break;
            default:
                StorageValidation.Source(source, volume.Name, path, errors);
                break;
        }
    }

    internal static void DownwardFile(DownwardAPIVolumeFile file, FieldPath path, FieldErrorList errors)
    {
        StorageValidation.Required(file.Path, path.Child("path"), errors);
        PathRules.NotReserved(file.Path, path.Child("path"), errors);
        if (file.FieldRef is { } field)
        {
            EnvValidation.VolumeField(field, path.Child("fieldRef"), errors);
            if (file.ResourceFieldRef != null)
            {
                errors.Invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
            }
        }
        else if (file.ResourceFieldRef is { } resource)
        {
            EnvValidation.Resource(resource, true, path.Child("resourceFieldRef"), errors);
        }
        else
        {
            errors.Required(path, "one of fieldRef and resourceFieldRef is required");
        }

        PathRules.FileMode(file.Mode, path.Child("mode"), errors);
    }

    internal static void KeyToPath(KeyToPath item, FieldPath path, FieldErrorList errors)
    {
        StorageValidation.Required(item.Key, path.Child("key"), errors);
        StorageValidation.Required(item.Path, path.Child("path"), errors);
        PathRules.NotReserved(item.Path, path.Child("path"), errors);
        PathRules.FileMode(item.Mode, path.Child("mode"), errors);
    }

    private static void Files(string name, string nameField, int? mode, List<KeyToPath> items, FieldPath path, FieldErrorList errors)
    {
        StorageValidation.Required(name, path.Child(nameField), errors);
        PathRules.FileMode(mode, path.Child("defaultMode"), errors);
        for (var i = 0; i < items.Count; i++)
        {
            KeyToPath(items[i], path.Child("items").Index(i), errors);
        }
    }

    private static void Ephemeral(EphemeralVolumeSource source, Volume volume, PodSpecScope scope, FieldPath volumePath, FieldPath path)
    {
        var errors = scope.Errors;
        if (source.VolumeClaimTemplate is not { } template)
        {
            errors.Required(path.Child("volumeClaimTemplate"));
        }
        else
        {
            var at = path.Child("volumeClaimTemplate");
            errors.Annotations(at.Child("metadata", "annotations"), template.Metadata.Annotations);
            errors.Labels(at.Child("metadata", "labels"), template.Metadata.Labels);
            ClaimSpecValidation.Validate(template.Spec, at.Child("spec"), errors);
        }

        if (scope.PodName.Length > 0 && volume.Name.Length > 0)
        {
            var claim = scope.PodName + "-" + volume.Name;
            foreach (var problem in Names.DnsSubdomain(claim))
            {
                errors.Invalid(volumePath.Child("name"), volume.Name, $"PVC name \"{claim}\": {problem}");
            }
        }
    }
}
