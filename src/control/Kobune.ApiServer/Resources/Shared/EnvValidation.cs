using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Environment variables and the sources of their values.</summary>
internal static class EnvValidation
{
    private static readonly string[] EnvFields =
        ["metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"];

    private static readonly string[] VolumeFields = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

    private static readonly string[] ResourceFields =
        ["limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"];

    private static readonly HashSet<string> KnownFields =
    [
        "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
        "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName", "status.phase",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs", "spec.host",
    ];

    private static readonly HashSet<string> ByteDivisors = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

    public static void Validate(IContainer container, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < container.Env.Count; i++)
        {
            var (variable, at) = (container.Env[i], path.Child("env").Index(i));
            if (variable.Name.Length == 0)
            {
                errors.Required(at.Child("name"));
            }
            else
            {
                errors.Each(at.Child("name"), variable.Name, Names.EnvironmentVariable(variable.Name));
            }

            ValueFrom(variable, at.Child("valueFrom"), errors);
        }

        for (var i = 0; i < container.EnvFrom.Count; i++)
        {
            From(container.EnvFrom[i], path.Child("envFrom"), i, errors);
        }
    }

    /// <summary>A field of the Pod as a file of a volume.</summary>
    public static void VolumeField(ObjectFieldSelector selector, FieldPath path, FieldErrorList errors) => Field(selector, VolumeFields, path, errors);

    public static void Resource(ResourceFieldSelector selector, bool inVolume, FieldPath path, FieldErrorList errors)
    {
        if (inVolume && selector.ContainerName.Length == 0)
        {
            errors.Required(path.Child("containerName"));
        }
        else if (selector.Resource.Length == 0)
        {
            errors.Required(path.Child("resource"));
        }
        else if (!ResourceFields.Contains(selector.Resource) && !IsHugePages(selector.Resource))
        {
            errors.NotSupported(path.Child("resource"), selector.Resource, ResourceFields);
        }

        Divisor(selector, path.Child("divisor"), errors);
    }

    private static void ValueFrom(EnvVar variable, FieldPath path, FieldErrorList errors)
    {
        if (variable.ValueFrom is not { } source)
        {
            return;
        }

        var count = 0;
        if (source.FieldRef is { } field)
        {
            count++;
            Field(field, EnvFields, path.Child("fieldRef"), errors);
        }

        if (source.ResourceFieldRef is { } resource)
        {
            count++;
            Resource(resource, false, path.Child("resourceFieldRef"), errors);
        }

        if (source.ConfigMapKeyRef is { } map)
        {
            count++;
            Key(map.Name, map.Key, path.Child("configMapKeyRef"), errors);
        }

        if (source.SecretKeyRef is { } secret)
        {
            count++;
            Key(secret.Name, secret.Key, path.Child("secretKeyRef"), errors);
        }

        if (source.FileKeyRef is { } file)
        {
            count++;
            FileKey(file, path.Child("fileKeyRef"), errors);
        }

        if (count == 0)
        {
            errors.Invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
        }
        else if (variable.Value.Length > 0)
        {
            errors.Invalid(path, "", "may not be specified when `value` is not empty");
        }
        else if (count > 1)
        {
            errors.Invalid(path, "", "may not have more than one field specified at a time");
        }
    }

    private static void From(EnvFromSource source, FieldPath list, int index, FieldErrorList errors)
    {
        var at = list.Index(index);
        if (source.Prefix.Length > 0)
        {
            errors.Each(at.Child("prefix"), source.Prefix, Names.EnvironmentVariable(source.Prefix));
        }

        if (source.ConfigMapRef is { } map)
        {
            Name(map.Name, at.Child("configMapRef", "name"), errors);
        }

        if (source.SecretRef is { } secret)
        {
            Name(secret.Name, at.Child("secretRef", "name"), errors);
        }

        if (source.ConfigMapRef == null && source.SecretRef == null)
        {
            errors.Invalid(list, "", "must specify one of: `configMapRef` or `secretRef`");
        }
        else if (source.ConfigMapRef != null && source.SecretRef != null)
        {
            errors.Invalid(list, "", "may not have more than one field specified at a time");
        }
    }

    private static void Name(string name, FieldPath path, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Required(path);
        }
        else
        {
            errors.DnsSubdomain(path, name);
        }
    }

    private static void Key(string name, string key, FieldPath path, FieldErrorList errors)
    {
        errors.DnsSubdomain(path.Child("name"), name);
        if (key.Length == 0)
        {
            errors.Required(path.Child("key"));
        }
        else
        {
            errors.Each(path.Child("key"), key, Names.ConfigMapKey(key));
        }
    }

    private static void FileKey(FileKeySelector file, FieldPath path, FieldErrorList errors)
    {
        if (file.Key.Length == 0)
        {
            errors.Required(path.Child("key"));
        }
        else
        {
            errors.Each(path.Child("key"), file.Key, Names.EnvironmentVariable(file.Key));
        }

        if (file.VolumeName.Length == 0)
        {
            errors.Required(path.Child("volumeName"));
        }
        else
        {
            errors.DnsLabel(path.Child("volumeName"), file.VolumeName);
        }

        if (file.Path.Length == 0)
        {
            errors.Required(path.Child("path"));
        }
        else
        {
            PathRules.NotReserved(file.Path, path.Child("path"), errors);
        }
    }

    private static void Field(ObjectFieldSelector selector, string[] allowed, FieldPath path, FieldErrorList errors)
    {
        if (selector.ApiVersion.Length == 0 || selector.FieldPath.Length == 0)
        {
            errors.Required(path.Child(selector.ApiVersion.Length == 0 ? "apiVersion" : "fieldPath"));
            return;
        }

        var (field, subscript) = Split(selector.FieldPath);
        if (selector.ApiVersion != "v1")
        {
            errors.Invalid(path.Child("fieldPath"), selector.FieldPath, $"error converting fieldPath: unsupported pod version: {selector.ApiVersion}");
        }
        else if (!KnownFields.Contains(field))
        {
            errors.Invalid(path.Child("fieldPath"), selector.FieldPath, $"error converting fieldPath: field label not supported: {selector.FieldPath}");
        }
        else if (subscript != null)
        {
            switch (field)
            {
                case "metadata.annotations":
                    errors.QualifiedName(path, subscript.ToLowerInvariant());
                    break;
                case "metadata.labels":
                    errors.QualifiedName(path, subscript);
                    break;
                default:
                    errors.Invalid(path.Child("fieldPath"), selector.FieldPath, $"error converting fieldPath: field label does not support subscript: {selector.FieldPath}");
                    break;
            }
        }
        else if (!allowed.Contains(field))
        {
            errors.NotSupported(path.Child("fieldPath"), field, allowed);
        }
    }

    /// <summary>metadata.labels['app'] is the field metadata.labels with the subscript app.</summary>
    private static (string Field, string? Subscript) Split(string text)
    {
        var open = text.IndexOf("['", StringComparison.Ordinal);
        return open > 0 && text.EndsWith("']", StringComparison.Ordinal) ? (text[..open], text[(open + 2)..^2]) : (text, null);
    }

    private static bool IsHugePages(string resource) =>
        resource.StartsWith("requests.hugepages-", StringComparison.Ordinal) || resource.StartsWith("limits.hugepages-", StringComparison.Ordinal);

    private static void Divisor(ResourceFieldSelector selector, FieldPath path, FieldErrorList errors)
    {
        if (selector.Divisor.IsZero)
        {
            return;
        }

        const string bytes = "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the ";
        var divisor = selector.Divisor.ToString();
        var (right, rule) = selector.Resource switch
        {
            "limits.cpu" or "requests.cpu" => (divisor is "1m" or "1", "only divisor's values 1m and 1 are supported with the cpu resource"),
            "limits.memory" or "requests.memory" => (ByteDivisors.Contains(divisor), bytes + "memory resource"),
            "limits.ephemeral-storage" or "requests.ephemeral-storage" => (ByteDivisors.Contains(divisor), bytes + "local ephemeral storage resource"),
            var other => (!IsHugePages(other) || ByteDivisors.Contains(divisor), bytes + "hugepages resource"),
        };
        if (!right)
        {
            errors.Invalid(path, selector.Resource, rule);
        }
    }
}
