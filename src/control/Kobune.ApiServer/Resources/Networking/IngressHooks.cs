using Kobune.Api.Networking.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Networking;

internal sealed class IngressHooks : TypedHooks<Ingress>
{
    internal const string ClassAnnotation = "kubernetes.io/ingress.class";

    protected override void Validate(Ingress obj, FieldErrorList errors)
    {
        CheckSpec(obj.Spec, errors);
        if (obj.Spec.IngressClassName is not null && obj.Metadata.Annotations.TryGetValue(ClassAnnotation, out var value))
        {
            errors.Invalid($"metadata.annotations[{ClassAnnotation}]", value, "can not be set when the class field is also set");
        }
    }

    protected override void ValidateUpdate(Ingress obj, Ingress old, FieldErrorList errors) => CheckSpec(obj.Spec, errors);

    protected override void Warn(Ingress obj, Ingress? old, List<string> warnings)
    {
        if (old is null && obj.Metadata.Annotations.ContainsKey(ClassAnnotation))
        {
            warnings.Add($"annotation \"{ClassAnnotation}\" is deprecated, please use 'spec.ingressClassName' instead");
        }
    }

    private static void CheckSpec(IngressSpec spec, FieldErrorList errors)
    {
        if (spec.Rules.Count == 0 && spec.DefaultBackend is null)
        {
            errors.Invalid("spec", Shown.Verbatim("[]"), "either `defaultBackend` or `rules` must be specified");
        }

        if (spec.DefaultBackend is { } backend)
        {
            IngressBackendChecks.Check(backend, "spec.defaultBackend", errors);
        }

        for (var i = 0; i < spec.Rules.Count; i++)
        {
            Rule(spec.Rules[i], $"spec.rules[{i}]", errors);
        }

        for (var i = 0; i < spec.Tls.Count; i++)
        {
            for (var j = 0; j < spec.Tls[i].Hosts.Count; j++)
            {
                Host(spec.Tls[i].Hosts[j], $"spec.tls[{i}].hosts[{j}]", errors);
            }
        }

        if (spec.IngressClassName is { } name)
        {
            errors.DnsSubdomain("spec.ingressClassName", name);
        }
    }

    private static void Rule(IngressRule rule, string path, FieldErrorList errors)
    {
        if (rule.Host.Length > 0)
        {
            if (FieldChecks.TryParseIp(rule.Host, out _))
            {
                errors.Invalid(path + ".host", rule.Host, "must be a DNS name, not an IP address");
            }

            Host(rule.Host, path + ".host", errors);
        }

        if (rule.Http is not { } http)
        {
            return;
        }

        if (http.Paths.Count == 0)
        {
            errors.Required(path + ".http.paths");
        }

        for (var i = 0; i < http.Paths.Count; i++)
        {
            IngressPathChecks.Check(http.Paths[i], $"{path}.http.paths[{i}]", errors);
        }
    }

    private static void Host(string host, string path, FieldErrorList errors)
    {
        if (host.Contains('*'))
        {
            if (!host.StartsWith("*.", StringComparison.Ordinal) || !Kobune.Api.LabelSyntax.IsSubdomain(host[2..]))
            {
                errors.Invalid(path, host, "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
            }
        }
        else
        {
            errors.DnsSubdomain(path, host);
        }
    }
}
