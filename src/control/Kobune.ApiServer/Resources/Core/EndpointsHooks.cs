using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>Endpoints, the older form of EndpointSlices.</summary>
internal sealed class EndpointsHooks : TypedHooks<Endpoints>
{
    protected override void Default(Endpoints obj)
    {
        foreach (var port in obj.Subsets.SelectMany(s => s.Ports))
        {
            port.Protocol = port.Protocol.Length == 0 ? "TCP" : port.Protocol;
        }
    }

    protected override void Validate(Endpoints obj, FieldErrorList errors)
    {
        for (var i = 0; i < obj.Subsets.Count; i++)
        {
            var (subset, at) = (obj.Subsets[i], FieldPath.New("subsets").Index(i));
            if (subset.Addresses.Count + subset.NotReadyAddresses.Count == 0)
            {
                errors.Required(at, "must specify `addresses` or `notReadyAddresses`");
            }

            Addresses(subset.Addresses, at.Child("addresses"), errors);
            Addresses(subset.NotReadyAddresses, at.Child("notReadyAddresses"), errors);
            for (var p = 0; p < subset.Ports.Count; p++)
            {
                Port(subset.Ports[p], subset.Ports.Count > 1, at.Child("ports").Index(p), errors);
            }
        }
    }

    protected override void Warn(Endpoints obj, Endpoints? old, List<string> warnings) =>
        warnings.Add("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");

    private static void Addresses(List<EndpointAddress> addresses, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < addresses.Count; i++)
        {
            var (address, at) = (addresses[i], path.Index(i));
            errors.IpAddress(at.Child("ip"), address.Ip);
            if (address.Hostname.Length > 0)
            {
                errors.DnsLabel(at.Child("hostname"), address.Hostname);
            }

            if (address.NodeName is { } node)
            {
                errors.DnsSubdomain(at.Child("nodeName"), node);
            }

            errors.NonSpecialIp(at.Child("ip"), address.Ip);
        }
    }

    private static void Port(EndpointPort port, bool needsName, FieldPath path, FieldErrorList errors)
    {
        if (port.Name.Length > 0)
        {
            errors.DnsLabel(path.Child("name"), port.Name);
        }
        else if (needsName)
        {
            errors.Required(path.Child("name"));
        }

        errors.PortNumber(path.Child("port"), port.Port);
        ContainerValidation.Protocol(port.Protocol, path.Child("protocol"), errors);
        if (port.AppProtocol is { } protocol)
        {
            errors.QualifiedName(path.Child("appProtocol"), protocol);
        }
    }
}
