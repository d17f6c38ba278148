using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Probes and lifecycle handlers: exactly one action each.</summary>
internal static class ProbeValidation
{
    public static void All(IContainer container, long? grace, FieldPath path, FieldErrorList errors)
    {
        if (container.Lifecycle is { } lifecycle)
        {
            Handler(lifecycle.PostStart, grace, path.Child("lifecycle", "postStart"), errors);
            Handler(lifecycle.PreStop, grace, path.Child("lifecycle", "preStop"), errors);
        }

        Liveness(container.LivenessProbe, path.Child("livenessProbe"), errors);
        if (container.ReadinessProbe is { } readiness)
        {
            var at = path.Child("readinessProbe");
            Probe(readiness, at, errors);
            if (readiness.TerminationGracePeriodSeconds != null)
            {
                errors.Invalid(at.Child("terminationGracePeriodSeconds"), readiness.TerminationGracePeriodSeconds, "must not be set for readinessProbes");
            }
        }

        Liveness(container.StartupProbe, path.Child("startupProbe"), errors);
    }

    private static void Liveness(Probe? probe, FieldPath path, FieldErrorList errors)
    {
        if (probe == null)
        {
            return;
        }

        Probe(probe, path, errors);
        if (probe.SuccessThreshold != 1)
        {
            errors.Invalid(path.Child("successThreshold"), probe.SuccessThreshold, "must be 1");
        }
    }

    private static void Probe(Probe probe, FieldPath path, FieldErrorList errors)
    {
        Actions(path, errors, ("exec", probe.Exec), ("httpGet", probe.HttpGet), ("tcpSocket", probe.TcpSocket), ("grpc", probe.Grpc));
        errors.NonNegative(path.Child("initialDelaySeconds"), probe.InitialDelaySeconds);
        errors.NonNegative(path.Child("timeoutSeconds"), probe.TimeoutSeconds);
        errors.NonNegative(path.Child("periodSeconds"), probe.PeriodSeconds);
        errors.NonNegative(path.Child("successThreshold"), probe.SuccessThreshold);
        errors.NonNegative(path.Child("failureThreshold"), probe.FailureThreshold);
        if (probe.TerminationGracePeriodSeconds <= 0)
        {
            errors.Invalid(path.Child("terminationGracePeriodSeconds"), probe.TerminationGracePeriodSeconds, "must be greater than 0");
        }
    }

    private static void Handler(LifecycleHandler? handler, long? grace, FieldPath path, FieldErrorList errors)
    {
        if (handler == null)
        {
            return;
        }

        Actions(path, errors, ("exec", handler.Exec), ("httpGet", handler.HttpGet), ("tcpSocket", handler.TcpSocket), ("sleep", handler.Sleep));
        if (handler.Sleep is { } sleep && handler.Exec == null && handler.HttpGet == null && handler.TcpSocket == null && (sleep.Seconds < 0 || sleep.Seconds > grace))
        {
            errors.Invalid(path.Child("sleep"), sleep.Seconds, FormattableString.Invariant($"must be non-negative and less than terminationGracePeriodSeconds ({grace})"));
        }
    }

    private static void Actions(FieldPath path, FieldErrorList errors, params ReadOnlySpan<(string Name, ApiStruct? Action)> actions)
    {
        var found = false;
        foreach (var (name, action) in actions)
        {
            if (action == null)
            {
                continue;
            }

            if (found)
            {
                errors.Forbidden(path.Child(name), "may not specify more than 1 handler type");
                continue;
            }

            found = true;
            Action(action, path.Child(name), errors);
        }

        if (!found)
        {
            errors.Required(path, "must specify a handler type");
        }
    }

    private static void Action(ApiStruct action, FieldPath path, FieldErrorList errors)
    {
        switch (action)
        {
            case ExecAction { Command.Count: 0 }:
                errors.Required(path.Child("command"));
                break;
            case HTTPGetAction http:
                if (http.Path.Length == 0)
                {
                    errors.Required(path.Child("path"));
                }

                errors.PortNumberOrName(path.Child("port"), http.Port);
                if (http.Scheme is not ("HTTP" or "HTTPS"))
                {
                    errors.NotSupported(path.Child("scheme"), http.Scheme, "HTTP", "HTTPS");
                }

                http.HttpHeaders.ForEach(h => errors.Each(path.Child("httpHeaders"), h.Name, Names.HttpHeader(h.Name)));
                break;
            case TCPSocketAction tcp:
                errors.PortNumberOrName(path.Child("port"), tcp.Port);
                break;
            case GRPCAction grpc:
                errors.PortNumber(path.Child("port"), grpc.Port);
                break;
        }
    }
}
