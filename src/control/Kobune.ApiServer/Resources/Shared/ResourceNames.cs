using Kobune.Api;
using Kobune.Api.Quotas;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Which resources there are, and which may stand where.</summary>
internal static class ResourceNames
{
    private static readonly HashSet<string> Objects = new(StringComparer.Ordinal)
    {
        "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims",
        "services.nodeports", "services.loadbalancers",
    };

    private static readonly HashSet<string> Compute = new(StringComparer.Ordinal) { "cpu", "memory", "ephemeral-storage" };

    public static bool IsHugePages(string name) => name.StartsWith("hugepages-", StringComparison.Ordinal);

    public static bool IsNative(string name) => !name.Contains('/') || name.Contains("kubernetes.io/", StringComparison.Ordinal);

    public static bool IsOvercommitAllowed(string name) => IsNative(name) && !IsHugePages(name);

    public static bool IsStandard(string name) =>
        Compute.Contains(name) || Objects.Contains(name) || IsHugePages(name) || IsQuotaOfCompute(name) || name is "storage" or "requests.storage";

    /// <summary>What a quota may limit: objects by count and compute by request and limit.</summary>
    public static bool IsStandardQuota(string name) => Compute.Contains(name) || Objects.Contains(name) || IsQuotaOfCompute(name) || name == "requests.storage" || IsHugePages(name);

    public static bool IsStandardContainer(string name) => Compute.Contains(name) || IsHugePages(name);

    /// <summary>Whether only whole numbers make sense.</summary>
    public static bool IsInteger(string name) => Objects.Contains(name) || IsExtended(name);

    public static bool IsExtended(string name) =>
        !IsNative(name) && !name.StartsWith("requests.", StringComparison.Ordinal) && Names.QualifiedName("requests." + name).Count == 0;

    public static void Validate(string name, FieldPath path, FieldErrorList errors)
    {
        var problems = Names.QualifiedName(name);
        errors.Each(path, name, problems);
        if (problems.Count == 0 && !name.Contains('/') && !IsStandard(name))
        {
            errors.Invalid(path, name, "must be a standard resource type or fully qualified");
        }
    }

    public static void ValidateContainer(string name, FieldPath path, FieldErrorList errors)
    {
        Validate(name, path, errors);
        if (!name.Contains('/'))
        {
            if (!IsStandardContainer(name))
            {
                errors.Invalid(path, name, "must be a standard resource for containers");
            }
        }
        else if (!IsNative(name) && !IsExtended(name))
        {
            errors.Invalid(path, name, "doesn't follow extended resource name standard");
        }
    }

    public static void ValidatePod(string name, FieldPath path, FieldErrorList errors)
    {
        var before = errors.Count;
        Validate(name, path, errors);
        if (errors.Count == before && !PodResources.IsPodLevel(name))
        {
            errors.NotSupported(path, name, "cpu", "hugepages-", "memory");
        }
    }

    public static void ValidateQuota(string name, FieldPath path, FieldErrorList errors)
    {
        Validate(name, path, errors);
        if (!name.Contains('/') && !IsStandardQuota(name))
        {
            errors.Invalid(path, name, "must be a standard resource for quota");
        }
    }

    public static void ValidateAmount(string name, Quantity amount, FieldPath path, FieldErrorList errors)
    {
        errors.NonNegative(path, amount);
        if (IsInteger(name) && amount.MilliValue % 1000 != 0)
        {
            errors.Invalid(path, amount.ToString(), "must be an integer");
        }
    }

    private static bool IsQuotaOfCompute(string name)
    {
        var dot = name.IndexOf('.');
        return dot > 0 && name[..dot] is "requests" or "limits" && (Compute.Contains(name[(dot + 1)..]) || (name[0] == 'r' && IsHugePages(name[(dot + 1)..])));
    }
}
