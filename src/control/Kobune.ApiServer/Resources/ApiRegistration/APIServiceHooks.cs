using Kobune.Api.ApiRegistration.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.ApiRegistration;

internal sealed class APIServiceHooks : TypedHooks<APIService>
{
    public override bool AllowUnconditionalUpdate => false;

    private const int Port = 443;
    private const int MaxGroupPriority = 20000;
    private const int MaxVersionPriority = 1000;

    protected override void Default(APIService obj)
    {
        if (obj.Spec.Service is { } service)
        {
            service.Port ??= Port;
        }
    }

    protected override void Validate(APIService obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        var name = $"{spec.Version}.{spec.Group}";
        if (obj.Metadata.Name != name)
        {
            errors.Invalid("metadata.name", obj.Metadata.Name, $"must be `spec.version+\".\"+spec.group`: \"{name}\"");
        }

        if (spec.Group.Length == 0 && spec.Version != "v1")
        {
            errors.Required("spec.group", "only v1 may have an empty group and it better be legacy kube");
        }

        errors.Each("spec.version", spec.Version, Names.Dns1035Label(spec.Version));
        if (spec.GroupPriorityMinimum is <= 0 or > MaxGroupPriority)
        {
            errors.Invalid("spec.groupPriorityMinimum", spec.GroupPriorityMinimum, $"must be positive and less than {MaxGroupPriority}");
        }

        if (spec.VersionPriority is <= 0 or > MaxVersionPriority)
        {
            errors.Invalid("spec.versionPriority", spec.VersionPriority, $"must be positive and less than {MaxVersionPriority}");
        }

        if (spec.Service is not { } service)
        {
            if (spec.CaBundle is { Length: > 0 })
            {
                errors.Invalid("spec.caBundle", $"{spec.CaBundle.Length} bytes", "local APIServices may not have a caBundle");
            }

            if (spec.InsecureSkipTLSVerify)
            {
                errors.Invalid("spec.insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify");
            }

            return;
        }

        if (service.Namespace.Length == 0)
        {
            errors.Required("spec.service.namespace");
        }

        if (service.Name.Length == 0)
        {
            errors.Required("spec.service.name");
        }

        if (spec.InsecureSkipTLSVerify && spec.CaBundle is { Length: > 0 })
        {
            errors.Invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present");
        }
    }
}
