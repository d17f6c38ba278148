using Kobune.Api.Node.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Runtimes;

internal sealed class RuntimeClassHooks : TypedHooks<RuntimeClass>
{
    public override bool AllowUnconditionalUpdate => false;

    protected override void Default(RuntimeClass obj)
    {
        foreach (var toleration in obj.Scheduling?.Tolerations ?? [])
        {
            toleration.Operator = toleration.Operator.Length == 0 ? "Equal" : toleration.Operator;
        }
    }

    protected override void Validate(RuntimeClass obj, FieldErrorList errors)
    {
        errors.DnsLabel("handler", obj.Handler);
        foreach (var (name, amount) in obj.Overhead?.PodFixed ?? [])
        {
            if (amount.Sign < 0)
            {
                errors.Invalid($"overhead.podFixed[{name}]", amount.ToString(), FieldRules.NotNegative);
            }
        }

        if (obj.Scheduling is { } scheduling)
        {
            errors.Labels("scheduling.nodeSelector", scheduling.NodeSelector);
        }
    }

    protected override void ValidateUpdate(RuntimeClass obj, RuntimeClass old, FieldErrorList errors) =>
        FieldRules.Immutable(errors, "handler", obj.Handler, old.Handler);
}
