using Kobune.Api.Networking.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Networking;

internal sealed class IngressClassHooks : TypedHooks<IngressClass>
{
    protected override void Default(IngressClass obj)
    {
        if (obj.Spec.Parameters is { } parameters)
        {
            parameters.Scope ??= "Cluster";
        }
    }

    protected override void Validate(IngressClass obj, FieldErrorList errors)
    {
        var controller = obj.Spec.Controller;
        if (controller.Length > 250)
        {
            errors.TooLong("spec.controller", 250);
        }

        var slash = controller.IndexOf('/');
        if (slash <= 0 || slash == controller.Length - 1)
        {
            errors.Invalid("spec.controller", controller, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        }

        if (obj.Spec.Parameters is { } parameters)
        {
            Parameters(parameters, "spec.parameters", errors);
        }
    }

    protected override void ValidateUpdate(IngressClass obj, IngressClass old, FieldErrorList errors)
    {
        Validate(obj, errors);
        FieldRules.Immutable(errors, "spec.controller", obj.Spec.Controller, old.Spec.Controller);
    }

    private static void Parameters(IngressClassParametersReference parameters, string path, FieldErrorList errors)
    {
        if (parameters.Kind.Length == 0)
        {
            errors.Required(path + ".kind", "kind is required");
        }

        if (parameters.Name.Length == 0)
        {
            errors.Required(path + ".name", "name is required");
        }

        switch (parameters.Scope)
        {
            case "Namespace" when parameters.Namespace is null:
                errors.Required(path + ".namespace", "`parameters.scope` is set to 'Namespace'");
                break;
            case "Cluster" when parameters.Namespace is not null:
                errors.Forbidden(path + ".namespace", "`parameters.scope` is set to 'Cluster'");
                break;
            case null:
                errors.Required(path + ".scope");
                break;
            case not ("Namespace" or "Cluster"):
                errors.NotSupported(path + ".scope", parameters.Scope, "Cluster", "Namespace");
                break;
        }
    }
}
