using Kobune.Api.Discovery.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Discovery;

internal sealed class EndpointSliceHooks : TypedHooks<EndpointSlice>
{
    private const int MaxEndpoints = 1000;
    private const int MaxAddresses = 100;
    private const int MaxPorts = 20000;

    protected override void Default(EndpointSlice obj)
    {
        foreach (var port in obj.Ports)
        {
            port.Name ??= "";
            port.Protocol ??= "TCP";
        }
    }

    protected override void Validate(EndpointSlice obj, FieldErrorList errors)
    {
        if (obj.AddressType.Length == 0)
        {
            errors.Required("addressType");
        }
        else
        {
            FieldRules.OneOf(errors, "addressType", obj.AddressType, "FQDN", "IPv4", "IPv6");
        }

        if (obj.Endpoints.Count > MaxEndpoints)
        {
            errors.TooMany("endpoints", obj.Endpoints.Count, MaxEndpoints);
            return;
        }

        for (var i = 0; i < obj.Endpoints.Count; i++)
        {
            Endpoint(obj.Endpoints[i], obj.AddressType, $"endpoints[{i}]", errors);
        }

        Ports(obj.Ports, errors);
    }

    protected override void ValidateUpdate(EndpointSlice obj, EndpointSlice old, FieldErrorList errors)
    {
        Validate(obj, errors);
        FieldRules.Immutable(errors, "addressType", obj.AddressType, old.AddressType);
    }

    private static void Endpoint(Endpoint endpoint, string type, string path, FieldErrorList errors)
    {
        var addresses = endpoint.Addresses;
        if (addresses.Count == 0)
        {
            errors.Required(path + ".addresses", "must contain at least 1 address");
        }
        else if (addresses.Count > MaxAddresses)
        {
            errors.TooMany(path + ".addresses", addresses.Count, MaxAddresses);
        }

        for (var i = 0; i < addresses.Count; i++)
        {
            var at = $"{path}.addresses[{i}]";
            if (type == "FQDN")
            {
                errors.DnsSubdomain(at, addresses[i]);
            }
            else if (type.Length > 0)
            {
                Address(addresses[i], type, at, errors);
            }
        }

        if (endpoint.NodeName is { } node)
        {
            errors.DnsSubdomain(path + ".nodeName", node);
        }

        if (endpoint.Hostname is { } host)
        {
            errors.DnsLabel(path + ".hostname", host);
        }
    }

    private static void Address(string address, string type, string path, FieldErrorList errors)
    {
        if (!FieldChecks.TryParseIp(address, out var ip) || (ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork) != (type == "IPv4"))
        {
            errors.Invalid(path, address, $"must be a valid {type} address");
            return;
        }

        errors.NonSpecialIp(path, address);
    }

    private static void Ports(List<EndpointPort> ports, FieldErrorList errors)
    {
        if (ports.Count > MaxPorts)
        {
            errors.TooMany("ports", ports.Count, MaxPorts);
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ports.Count; i++)
        {
            var port = ports[i];
            if (port.Name is { Length: > 0 } name)
            {
                errors.DnsLabel($"ports[{i}].name", name);
            }

            if (!names.Add(port.Name ?? ""))
            {
                errors.Duplicate($"ports[{i}].name", port.Name);
            }

            if (port.Protocol is null)
            {
                errors.Required($"ports[{i}].protocol");
            }
            else
            {
                FieldRules.OneOf(errors, $"ports[{i}].protocol", port.Protocol, "SCTP", "TCP", "UDP");
            }

            if (port.Port is { } number)
            {
                errors.PortNumber($"ports[{i}].port", number);
            }
        }
    }
}
