using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>A Service's ports, one by one and together.</summary>
internal static class ServicePortValidation
{
    public static void Validate(Service service, FieldPath path, FieldErrorList errors)
    {
        var ports = service.Spec.Ports;
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ports.Count; i++)
        {
            var (port, at) = (ports[i], path.Index(i));
            if (port.Name.Length > 0)
            {
                errors.DnsLabel(at.Child("name"), port.Name);
                if (!names.Add(port.Name))
                {
                    errors.Duplicate(at.Child("name"), port.Name);
                }
            }
            else if (ports.Count > 1)
            {
                errors.Required(at.Child("name"));
            }

            errors.PortNumber(at.Child("port"), port.Port);
            ContainerValidation.Protocol(port.Protocol, at.Child("protocol"), errors);
            errors.PortNumberOrName(at.Child("targetPort"), port.TargetPort);
            if (port.AppProtocol is { } protocol)
            {
                errors.QualifiedName(at.Child("appProtocol"), protocol);
            }
        }
    }

    public static void Unique(Service service, FieldPath path, FieldErrorList errors)
    {
        var ports = service.Spec.Ports;
        for (var i = 0; service.Spec.Type == "ClusterIP" && i < ports.Count; i++)
        {
            if (ports[i].NodePort != 0)
            {
                errors.Forbidden(path.Index(i).Child("nodePort"), "may not be used when `type` is 'ClusterIP'");
            }
        }

        var (nodePorts, numbers) = (new HashSet<(string, int)>(), new HashSet<(string, int)>());
        for (var i = 0; i < ports.Count; i++)
        {
            if (ports[i].NodePort != 0 && !nodePorts.Add((ports[i].Protocol, ports[i].NodePort)))
            {
                errors.Duplicate(path.Index(i).Child("nodePort"), ports[i].NodePort);
            }
        }

        for (var i = 0; i < ports.Count; i++)
        {
            if (!numbers.Add((ports[i].Protocol, ports[i].Port)))
            {
                errors.Duplicate(path.Index(i), new GoPort(ports[i].Protocol, ports[i].Port));
            }
        }
    }

    /// <summary>The reference shows its own struct here.</summary>
    private sealed record GoPort(string Protocol, int Port)
    {
        public override string ToString() => FormattableString.Invariant(
            $"core.ServicePort{{Name:\"\", Protocol:\"{Protocol}\", AppProtocol:(*string)(nil), Port:{Port}, TargetPort:intstr.IntOrString{{Type:0, IntVal:0, StrVal:\"\"}}, NodePort:0}}");
    }
}
