using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Projected volumes: several sources in one directory, no path twice.</summary>
internal static class ProjectionValidation
{
    public static void Validate(ProjectedVolumeSource projected, FieldPath path, FieldErrorList errors)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < projected.Sources.Count; i++)
        {
            var (source, at) = (projected.Sources[i], path.Child("sources").Index(i));
            if (source.Secret is { } secret)
            {
                Items(secret.Name, secret.Items, at.Child("secret"), path, paths, errors);
            }

            if (source.ConfigMap is { } map)
            {
                Items(map.Name, map.Items, at.Child("configMap"), path, paths, errors);
            }

            foreach (var file in source.DownwardAPI?.Items ?? [])
            {
                VolumeValidation.DownwardFile(file, at.Child("downwardAPI"), errors);
                Unique(file.Path, file.Path, path, paths, errors);
            }

            Token(source.ServiceAccountToken, at.Child("serviceAccountToken"), path, errors);
            if (source.ClusterTrustBundle is { } bundle)
            {
                Bundle(bundle, at.Child("clusterTrustBundle"), errors);
                Unique(bundle.Path, bundle.Path, path, paths, errors);
            }

            ApiStruct?[] all = [source.Secret, source.ConfigMap, source.DownwardAPI, source.ServiceAccountToken, source.ClusterTrustBundle, source.PodCertificate];
            if (all.Count(s => s != null) > 1)
            {
                errors.Forbidden(at, "may not specify more than 1 volume type per source");
            }
        }
    }

    private static void Items(string name, List<KeyToPath> items, FieldPath at, FieldPath volume, HashSet<string> paths, FieldErrorList errors)
    {
        StorageValidation.Required(name, at.Child("name"), errors);
        for (var i = 0; i < items.Count; i++)
        {
            VolumeValidation.KeyToPath(items[i], at.Child("items").Index(i), errors);
            Unique(items[i].Path, name, volume, paths, errors);
        }
    }

    private static void Unique(string path, string shown, FieldPath volume, HashSet<string> paths, FieldErrorList errors)
    {
        if (path.Length > 0 && !paths.Add(path))
        {
            errors.Invalid(volume, shown, "conflicting duplicate paths");
        }
    }

    private static void Token(ServiceAccountTokenProjection? token, FieldPath at, FieldPath volume, FieldErrorList errors)
    {
        if (token == null)
        {
            return;
        }

        if (token.ExpirationSeconds < 600)
        {
            errors.Invalid(at.Child("expirationSeconds"), token.ExpirationSeconds, "may not specify a duration less than 10 minutes");
        }

        if (token.ExpirationSeconds > 1L << 32)
        {
            errors.Invalid(at.Child("expirationSeconds"), token.ExpirationSeconds, "may not specify a duration larger than 2^32 seconds");
        }

        StorageValidation.Required(token.Path, volume.Child("path"), errors);
        PathRules.NotReserved(token.Path, volume.Child("path"), errors);
    }

    private static void Bundle(ClusterTrustBundleProjection bundle, FieldPath at, FieldErrorList errors)
    {
        if (bundle.Name != null && bundle.SignerName != null)
        {
            errors.Invalid(at, bundle, "only one of name and signerName may be used");
        }
        else if (bundle.Name != null)
        {
            StorageValidation.Required(bundle.Name, at.Child("name"), errors, "must be a valid object name");
            if (bundle.LabelSelector != null)
            {
                errors.Invalid(at.Child("labelSelector"), bundle.LabelSelector, "labelSelector must be unset if name is specified");
            }
        }
        else if (bundle.SignerName != null)
        {
            StorageValidation.Required(bundle.SignerName, at.Child("signerName"), errors, "must be a valid signer name");
            LabelSelectorValidation.Validate(bundle.LabelSelector, at.Child("labelSelector"), errors);
        }
        else
        {
            errors.Required(at, "either name or signerName must be specified");
        }

        StorageValidation.Required(bundle.Path, at.Child("path"), errors);
        PathRules.NotReserved(bundle.Path, at.Child("path"), errors);
    }
}
