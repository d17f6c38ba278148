using System.Globalization;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>LimitRanges: bounds that do not contradict each other.</summary>
internal sealed class LimitRangeHooks : TypedHooks<LimitRange>
{
    protected override void Default(LimitRange obj)
    {
        foreach (var item in obj.Spec.Limits.Where(l => l.Type == "Container"))
        {
            Fill(item.Default, item.Max);
            Fill(item.DefaultRequest, item.Default);
            Fill(item.DefaultRequest, item.Min);
        }
    }

    protected override void Validate(LimitRange obj, FieldErrorList errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < obj.Spec.Limits.Count; i++)
        {
            var (item, at) = (obj.Spec.Limits[i], FieldPath.New("spec", "limits").Index(i));
            Type(item.Type, at.Child("type"), errors);
            if (!seen.Add(item.Type))
            {
                errors.Duplicate(at.Child("type"), item.Type);
            }

            Item(item, at, errors);
        }
    }

    private static void Item(LimitRangeItem item, FieldPath at, FieldErrorList errors)
    {
        Resources(item.Max, item.Type, at.Child("max"), errors);
        Resources(item.Min, item.Type, at.Child("min"), errors);
        var pod = item.Type == "Pod";
        if (pod && item.Default.Count > 0)
        {
            errors.Forbidden(at.Child("default"), "may not be specified when `type` is 'Pod'");
        }

        if (pod && item.DefaultRequest.Count > 0)
        {
            errors.Forbidden(at.Child("defaultRequest"), "may not be specified when `type` is 'Pod'");
        }

        if (!pod)
        {
            Resources(item.Default, item.Type, at.Child("default"), errors);
            Resources(item.DefaultRequest, item.Type, at.Child("defaultRequest"), errors);
        }

        if (item.Type == "PersistentVolumeClaim" && !item.Min.ContainsKey("storage") && !item.Max.ContainsKey("storage"))
        {
            errors.Required(at.Child("limits"), "either minimum or maximum storage value is required, but neither was provided");
        }

        Resources(item.MaxLimitRequestRatio, item.Type, at.Child("maxLimitRequestRatio"), errors);
        foreach (var name in item.Max.Keys.Union(item.Min.Keys).Union(item.Default.Keys).Union(item.DefaultRequest.Keys).Union(item.MaxLimitRequestRatio.Keys).Order(StringComparer.Ordinal))
        {
            Bounds(item, name, at, errors);
            Ratio(item, name, at.Child("maxLimitRequestRatio").Key(name), errors);
        }
    }

    private static void Bounds(LimitRangeItem item, string name, FieldPath at, FieldErrorList errors)
    {
        var (min, max) = (Get(item.Min, name), Get(item.Max, name));
        var pod = item.Type == "Pod";
        var limit = pod ? default : Get(item.Default, name);
        var request = pod ? default : Get(item.DefaultRequest, name);
        if (min > max)
        {
            errors.Invalid(at.Child("min").Key(name), min.ToString(), $"min value {min} is greater than max value {max}");
        }

        var requestPath = at.Child("defaultRequest").Key(name);
        if (min > request)
        {
            errors.Invalid(requestPath, request.ToString(), $"min value {min} is greater than default request value {request}");
        }

        if (request > max)
        {
            errors.Invalid(requestPath, request.ToString(), $"default request value {request} is greater than max value {max}");
        }

        if (request > limit)
        {
            errors.Invalid(requestPath, request.ToString(), $"default request value {request} is greater than default limit value {limit}");
        }

        if (min > limit)
        {
            errors.Invalid(at.Child("default").Key(name), min.ToString(), $"min value {min} is greater than default value {limit}");
        }

        if (limit > max)
        {
            errors.Invalid(at.Child("default").Key(name), max.ToString(), $"default value {limit} is greater than max value {max}");
        }

        if (!ResourceNames.IsOvercommitAllowed(name) && limit != null && request != null && limit != request)
        {
            errors.Invalid(requestPath, request.ToString(), $"default value {limit} must equal to defaultRequest value {request} in {name}");
        }
    }

    private static void Ratio(LimitRangeItem item, string name, FieldPath path, FieldErrorList errors)
    {
        if (Get(item.MaxLimitRequestRatio, name) is not { } ratio)
        {
            return;
        }

        if (ratio < new Quantity(1))
        {
            errors.Invalid(path, ratio.ToString(), $"ratio {ratio} is less than 1");
        }

        if (Get(item.Min, name) is { } min && Get(item.Max, name) is { } max && ratio.ToDouble() > max.ToDouble() / min.ToDouble())
        {
            errors.Invalid(path, ratio.ToString(), string.Create(CultureInfo.InvariantCulture, $"ratio {ratio} is greater than max/min = {max.ToDouble() / min.ToDouble():F6}"));
        }
    }

    private static void Type(string type, FieldPath path, FieldErrorList errors)
    {
        var problems = Names.QualifiedName(type);
        errors.Each(path, type, problems);
        if (problems.Count == 0 && !type.Contains('/') && type is not ("Pod" or "Container" or "PersistentVolumeClaim"))
        {
            errors.Invalid(path, type, "must be a standard limit type or fully qualified");
        }
    }

    private static void Resources(Dictionary<string, Quantity> amounts, string type, FieldPath path, FieldErrorList errors)
    {
        foreach (var name in amounts.Keys)
        {
            if (type is "Pod" or "Container")
            {
                ResourceNames.ValidateContainer(name, path.Key(name), errors);
            }
            else
            {
                ResourceNames.Validate(name, path.Key(name), errors);
            }
        }
    }

    private static Quantity? Get(Dictionary<string, Quantity> amounts, string name) => amounts.TryGetValue(name, out var amount) ? amount : default(Quantity?);

    private static void Fill(Dictionary<string, Quantity> to, Dictionary<string, Quantity> from)
    {
        foreach (var (name, amount) in from)
        {
            to.TryAdd(name, amount);
        }
    }
}
