using Kobune.Api.AdmissionRegistration.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.AdmissionRegistration;

/// <summary>What mutating and validating webhooks have in common.</summary>
internal static class WebhookChecks
{
    private const int MaxTimeoutSeconds = 30;
    private const int MaxConditions = 64;

    public static void Name(string name, HashSet<string> seen, string path, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Required(path + ".name");
        }
        else
        {
            errors.DnsSubdomain(path + ".name", name);
            if (name.Split('.').Length < 3)
            {
                errors.Invalid(path + ".name", name, "should be a domain with at least three segments separated by dots");
            }
        }

        if (!seen.Add(name))
        {
            errors.Duplicate(path + ".name", name);
        }
    }

    public static void Conditions(List<MatchCondition> conditions, string path, FieldErrorList errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (conditions.Count > MaxConditions)
        {
            errors.TooMany(path, conditions.Count, MaxConditions);
        }

        for (var i = 0; i < conditions.Count; i++)
        {
            var (name, expression) = (conditions[i].Name, conditions[i].Expression);
            if (expression.Trim().Length == 0)
            {
                errors.Required($"{path}[{i}].expression");
            }
            else if (Admission.Dynamic.Expressions.Problem(expression, mustBeBool: true) is { } problem)
            {
                errors.Invalid($"{path}[{i}].expression", expression, problem);
            }

            if (name.Length == 0)
            {
                errors.Required($"{path}[{i}].name");
            }
            else
            {
                errors.QualifiedName($"{path}[{i}].name", name);
                if (!seen.Add(name))
                {
                    errors.Duplicate($"{path}[{i}].name", name);
                }
            }
        }
    }

    public static void Client(WebhookClientConfig client, string path, FieldErrorList errors)
    {
        if ((client.Url is null) == (client.Service is null))
        {
            errors.Required(path, "exactly one of url or service is required");
        }

        if (client.Url is { } url && (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != "https"))
        {
            errors.Invalid(path + ".url", url, "'https' is the only allowed URL scheme; desired format: https://host[/path]");
        }

        if (client.Service is not { } service)
        {
            return;
        }

        if (service.Name.Length == 0)
        {
            errors.Required(path + ".service.name", "service name is required");
        }

        if (service.Namespace.Length == 0)
        {
            errors.Required(path + ".service.namespace", "service namespace is required");
        }

        if (service.Port is < 1 or > 65535)
        {
            errors.Invalid(path + ".service.port", service.Port, "port is not valid: must be between 1 and 65535, inclusive");
        }
    }

    public static void Behaviour(string? failurePolicy, string? matchPolicy, string? sideEffects, int? timeout, List<string> versions, string path, FieldErrorList errors)
    {
        if (failurePolicy is { } failure)
        {
            FieldRules.OneOf(errors, path + ".failurePolicy", failure, "Fail", "Ignore");
        }

        if (matchPolicy is { } match)
        {
            FieldRules.OneOf(errors, path + ".matchPolicy", match, "Equivalent", "Exact");
        }

        if (sideEffects is null)
        {
            errors.Required(path + ".sideEffects", "must specify one of None, NoneOnDryRun");
        }
        else
        {
            FieldRules.OneOf(errors, path + ".sideEffects", sideEffects, "None", "NoneOnDryRun");
        }

        if (timeout is < 1 or > MaxTimeoutSeconds)
        {
            errors.Invalid(path + ".timeoutSeconds", timeout, "the timeout value must be between 1 and 30 seconds");
        }

        if (versions.Count == 0)
        {
            errors.Required(path + ".admissionReviewVersions", "must specify one of v1, v1beta1");
        }
        else if (!versions.Contains("v1") && !versions.Contains("v1beta1"))
        {
            errors.Invalid(path + ".admissionReviewVersions", versions, "must include at least one of v1, v1beta1");
        }
    }

    public static void Rules(List<RuleWithOperations> rules, string path, FieldErrorList errors)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            Rule(rules[i].Operations, rules[i].ApiGroups, rules[i].ApiVersions, rules[i].Resources, rules[i].Scope, $"{path}[{i}]", errors);
        }
    }

    public static void Rule(List<string> operations, List<string> groups, List<string> versions, List<string> resources, string? scope, string path, FieldErrorList errors)
    {
        Needed(operations, path + ".operations", errors);
        for (var i = 0; i < operations.Count; i++)
        {
            FieldRules.OneOf(errors, $"{path}.operations[{i}]", operations[i], "*", "CONNECT", "CREATE", "DELETE", "UPDATE");
        }

        Needed(groups, path + ".apiGroups", errors);
        Needed(versions, path + ".apiVersions", errors);
        Needed(resources, path + ".resources", errors);
        if (scope is { } given)
        {
            FieldRules.OneOf(errors, path + ".scope", given, "*", "Cluster", "Namespaced");
        }
    }

    private static void Needed(List<string> values, string path, FieldErrorList errors)
    {
        if (values.Count == 0)
        {
            errors.Required(path);
        }
        else if (values.Count > 1 && values.Contains("*"))
        {
            errors.Invalid(path, values, "if '*' is present, must not specify other values");
        }
    }
}
