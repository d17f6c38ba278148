using System.Net;
using Kobune.Api.Networking.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Networking;

internal sealed class NetworkPolicyHooks : TypedHooks<NetworkPolicy>
{
    protected override void Default(NetworkPolicy obj)
    {
        var spec = obj.Spec;
        foreach (var port in spec.Ingress.SelectMany(r => r.Ports).Concat(spec.Egress.SelectMany(r => r.Ports)))
        {
            port.Protocol ??= "TCP";
        }

        if (spec.PolicyTypes.Count == 0)
        {
            spec.PolicyTypes = spec.Egress.Count > 0 ? ["Ingress", "Egress"] : ["Ingress"];
        }
    }

    protected override void Validate(NetworkPolicy obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        SelectorChecks.Check(errors, "spec.podSelector", spec.PodSelector);
        for (var i = 0; i < spec.Ingress.Count; i++)
        {
            Ports(spec.Ingress[i].Ports, $"spec.ingress[{i}].ports", errors);
            Peers(spec.Ingress[i].From, $"spec.ingress[{i}].from", errors);
        }

        for (var i = 0; i < spec.Egress.Count; i++)
        {
            Ports(spec.Egress[i].Ports, $"spec.egress[{i}].ports", errors);
            Peers(spec.Egress[i].To, $"spec.egress[{i}].to", errors);
        }

        if (spec.PolicyTypes.Count > 2)
        {
            errors.Invalid("spec.policyTypes", spec.PolicyTypes, "may not specify more than two policyTypes");
            return;
        }

        for (var i = 0; i < spec.PolicyTypes.Count; i++)
        {
            FieldRules.OneOf(errors, $"spec.policyTypes[{i}]", spec.PolicyTypes[i], "Egress", "Ingress");
        }
    }

    private static void Ports(List<NetworkPolicyPort> ports, string path, FieldErrorList errors)
    {
        for (var i = 0; i < ports.Count; i++)
        {
            var port = ports[i];
            var at = $"{path}[{i}]";
            if (port.Protocol is { } protocol)
            {
                FieldRules.OneOf(errors, at + ".protocol", protocol, "SCTP", "TCP", "UDP");
            }

            if (port.Port is { } number)
            {
                errors.PortNumberOrName(at + ".port", number);
                if (port.EndPort is { } end && number.IsString)
                {
                    errors.Invalid(at + ".endPort", end, "may not be specified when `port` is non-numeric");
                }
                else if (port.EndPort is { } last && last < number.IntValue)
                {
                    errors.Invalid(at + ".endPort", last, "must be greater than or equal to `port`");
                }
            }
            else if (port.EndPort is { } end)
            {
                errors.Invalid(at + ".endPort", end, "may not be specified when `port` is not specified");
            }
        }
    }

    private static void Peers(List<NetworkPolicyPeer> peers, string path, FieldErrorList errors)
    {
        for (var i = 0; i < peers.Count; i++)
        {
            var peer = peers[i];
            var at = $"{path}[{i}]";
            SelectorChecks.Check(errors, at + ".podSelector", peer.PodSelector);
            SelectorChecks.Check(errors, at + ".namespaceSelector", peer.NamespaceSelector);
            if (peer.IpBlock is { } block)
            {
                Block(block, at + ".ipBlock", errors);
                if (peer.PodSelector is not null || peer.NamespaceSelector is not null)
                {
                    errors.Forbidden(at, "may not specify both ipBlock and another peer");
                }
            }
            else if (peer.PodSelector is null && peer.NamespaceSelector is null)
            {
                errors.Required(at, "must specify a peer");
            }
        }
    }

    private static void Block(IPBlock block, string path, FieldErrorList errors)
    {
        if (block.Cidr.Length == 0)
        {
            errors.Required(path + ".cidr");
            return;
        }

        if (!errors.Cidr(path + ".cidr", block.Cidr))
        {
            return;
        }

        var whole = Network(block.Cidr);
        for (var i = 0; i < block.Except.Count; i++)
        {
            var at = $"{path}.except[{i}]";
            if (errors.Cidr(at, block.Except[i]))
            {
                var hole = Network(block.Except[i]);
                if (!whole.Contains(hole.BaseAddress) || whole.PrefixLength >= hole.PrefixLength)
                {
                    errors.Invalid(at, block.Except[i], "must be a strict subset of `cidr`");
                }
            }
        }
    }

    // Unlike IPNetwork.Parse this accepts bits behind the prefix.
    private static IPNetwork Network(string cidr)
    {
        var slash = cidr.IndexOf('/');
        var bits = int.Parse(cidr.AsSpan(slash + 1), System.Globalization.CultureInfo.InvariantCulture);
        var bytes = System.Net.IPAddress.Parse(cidr[..slash]).GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var keep = Math.Clamp(bits - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - keep));
        }

        return new IPNetwork(new System.Net.IPAddress(bytes), bits);
    }
}
