using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Quotas;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Requests and limits of containers and Pods.</summary>
internal static class ResourceRequirementsValidation
{
    public static void Container(ResourceRequirements resources, IReadOnlyCollection<string> claims, FieldPath path, FieldErrorList errors) =>
        Validate(resources, ResourceNames.ValidateContainer, claims, path, errors);

    public static void Pod(PodSpec spec, IReadOnlyCollection<string> claims, FieldPath path, FieldErrorList errors)
    {
        if (spec.Resources is not { } resources)
        {
            return;
        }

        if (resources.Claims.Count > 0)
        {
            errors.Forbidden(path.Child("claims"), "claims cannot be set for Resources at pod-level");
        }

        Validate(resources, ResourceNames.ValidatePod, claims, path, errors);
        foreach (var (name, sum) in PodResources.ContainerRequests(spec))
        {
            var request = resources.Requests.GetValueOrDefault(name);
            if (sum > request)
            {
                errors.Invalid(path.Child("requests").Key(name), request.ToString(), $"must be greater than or equal to aggregate container requests of {sum}");
            }
        }

        for (var i = 0; i < spec.Containers.Count; i++)
        {
            foreach (var (name, limit) in spec.Containers[i].Resources.Limits)
            {
                if (resources.Limits.TryGetValue(name, out var most) && limit > most)
                {
                    errors.Invalid(path.Child("containers").Index(i).Key(name).Child("limits"), limit.ToString(), $"must be less than or equal to pod limits of {most}");
                }
            }
        }
    }

    private static void Validate(ResourceRequirements resources, Action<string, FieldPath, FieldErrorList> checkName, IReadOnlyCollection<string> claims, FieldPath path, FieldErrorList errors)
    {
        var requests = path.Child("requests");
        foreach (var (name, limit) in resources.Limits)
        {
            Amount(name, limit, path.Child("limits").Key(name));
        }

        foreach (var (name, request) in resources.Requests)
        {
            Amount(name, request, requests.Key(name));
            if (!resources.Limits.TryGetValue(name, out var limit))
            {
                if (!ResourceNames.IsOvercommitAllowed(name))
                {
                    errors.Required(path.Child("limits"), "Limit must be set for non overcommitable resources");
                }
            }
            else if (request != limit && !ResourceNames.IsOvercommitAllowed(name))
            {
                errors.Invalid(requests, request.ToString(), $"must be equal to {name} limit of {limit}");
            }
            else if (request > limit)
            {
                errors.Invalid(requests, request.ToString(), $"must be less than or equal to {name} limit of {limit}");
            }
        }

        var names = resources.Limits.Keys.Concat(resources.Requests.Keys);
        if (names.Any(ResourceNames.IsHugePages) && !names.Any(n => n is "cpu" or "memory"))
        {
            errors.Forbidden(path, "HugePages require cpu or memory");
        }

        Claims(resources.Claims, claims, path.Child("claims"), errors);

        void Amount(string name, Quantity amount, FieldPath at)
        {
            checkName(name, at, errors);
            ResourceNames.ValidateAmount(name, amount, at, errors);
            if (ResourceNames.IsHugePages(name) && !IsMultiple(name, amount))
            {
                errors.Invalid(at, amount.ToString(), $"{amount} is not positive integer multiple of {name}");
            }
        }
    }

    private static bool IsMultiple(string name, Quantity amount) =>
        Quantity.TryParse(name["hugepages-".Length..], out var page) && page.Value > 0 && amount.Value % page.Value == 0;

    private static void Claims(List<ResourceClaim> claims, IReadOnlyCollection<string> known, FieldPath path, FieldErrorList errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < claims.Count; i++)
        {
            var (at, claim) = (path.Index(i), claims[i]);
            if (claim.Name.Length == 0)
            {
                errors.Required(at);
                continue;
            }

            var key = claim.Request.Length == 0 ? claim.Name : claim.Name + "/" + claim.Request;
            if (claim.Request.Length > 0)
            {
                errors.DnsLabel(at.Child("request"), claim.Request);
            }

            if (seen.Contains(claim.Name) || !seen.Add(key) || (claim.Request.Length == 0 && seen.Any(s => s.StartsWith(claim.Name + "/", StringComparison.Ordinal))))
            {
                errors.Duplicate(at, seen.Contains(claim.Name) ? claim.Name : key);
            }

            if (!known.Contains(claim.Name))
            {
                errors.NotFound(at, claim.Name, "must be one of the names in pod.spec.resourceClaims" + (known.Count == 0 ? " which is empty" : ": " + string.Join(", ", known.Order(StringComparer.Ordinal))));
            }
        }
    }
}
