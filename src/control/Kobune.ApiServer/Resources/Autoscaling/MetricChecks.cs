using Kobune.Api.Autoscaling.V2;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Autoscaling;

/// <summary>One entry of spec.metrics: a type, and the one source that belongs to it.</summary>
internal static class MetricChecks
{
    public static void Check(MetricSpec metric, string path, FieldErrorList errors)
    {
        if (metric.Type.Length == 0)
        {
            errors.Required(path + ".type", "must specify a metric source type");
        }

        (string Field, object? Source)[] sources =
            [("object", metric.Object), ("external", metric.External), ("pods", metric.Pods), ("resource", metric.Resource), ("containerResource", metric.ContainerResource)];
        var expected = metric.Type.Length == 0 ? "" : char.ToLowerInvariant(metric.Type[0]) + metric.Type[1..];
        foreach (var (field, _) in sources.Where(s => s.Source is not null && s.Field != expected))
        {
            errors.Forbidden($"{path}.{field}", "must populate the given metric source only");
        }

        if (expected.Length > 0 && !sources.Any(s => s.Field == expected))
        {
            errors.NotSupported(path + ".type", metric.Type, "ContainerResource", "External", "Object", "Pods", "Resource");
        }
        else if (expected.Length > 0 && sources.First(s => s.Field == expected).Source is null)
        {
            errors.Required($"{path}.{expected}", "must populate information for the given metric source");
        }

        Sources(metric, path, errors);
    }

    private static void Sources(MetricSpec metric, string path, FieldErrorList errors)
    {
        if (metric.Resource is { } resource)
        {
            Name(resource.Name, path + ".resource.name", "must specify a resource name", errors);
            Target(resource.Target, path + ".resource.target", errors);
        }

        if (metric.ContainerResource is { } inContainer)
        {
            Name(inContainer.Name, path + ".containerResource.name", "must specify a resource name", errors);
            Name(inContainer.Container, path + ".containerResource.container", "must specify a container", errors);
            Target(inContainer.Target, path + ".containerResource.target", errors);
        }

        if (metric.Pods is { } pods)
        {
            Identifier(pods.Metric, path + ".pods.metric", errors);
            Target(pods.Target, path + ".pods.target", errors);
            if (pods.Target.AverageValue is null)
            {
                errors.Required(path + ".pods.target.averageValue", "must specify a positive target averageValue");
            }
        }

        if (metric.External is { } external)
        {
            Identifier(external.Metric, path + ".external.metric", errors);
            Target(external.Target, path + ".external.target", errors);
        }

        if (metric.Object is { } obj)
        {
            HorizontalPodAutoscalerHooks.Target(obj.DescribedObject, path + ".object.describedObject", errors);
            Identifier(obj.Metric, path + ".object.metric", errors);
            Target(obj.Target, path + ".object.target", errors);
        }
    }

    private static void Identifier(MetricIdentifier metric, string path, FieldErrorList errors)
    {
        Name(metric.Name, path + ".name", "must specify a metric name", errors);
        SelectorChecks.Check(errors, path + ".selector", metric.Selector);
    }

    private static void Target(MetricTarget target, string path, FieldErrorList errors)
    {
        if (target.Type.Length == 0)
        {
            errors.Required(path + ".type", "must specify a metric target type");
        }
        else if (target.Type is not ("Utilization" or "Value" or "AverageValue"))
        {
            errors.Invalid(path + ".type", target.Type, "must be either Utilization, Value, or AverageValue");
        }

        if (target.Value is { Sign: <= 0 } value)
        {
            errors.Invalid(path + ".value", value.ToString(), "must be positive");
        }

        if (target.AverageValue is { Sign: <= 0 } average)
        {
            errors.Invalid(path + ".averageValue", average.ToString(), "must be positive");
        }

        if (target.AverageUtilization < 1)
        {
            errors.Invalid(path + ".averageUtilization", target.AverageUtilization, "must be greater than 0");
        }
    }

    private static void Name(string name, string path, string missing, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Required(path, missing);
        }
    }
}
