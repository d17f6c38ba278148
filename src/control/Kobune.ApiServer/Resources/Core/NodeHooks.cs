using System.Net.Sockets;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Shared;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>Nodes: what identifies them does not change once it is set.</summary>
internal sealed class NodeHooks : TypedHooks<Node>
{
    private static readonly FieldPath Cidrs = FieldPath.New("spec", "podCIDRs");

    /// <summary>A kubelet registers its Node with what it knows already.</summary>
    public override bool KeepsStatusOnCreate => true;

    protected override void Default(Node obj)
    {
        if (obj.Status.Allocatable.Count == 0 && obj.Status.Capacity.Count > 0)
        {
            obj.Status.Allocatable = new Dictionary<string, Quantity>(obj.Status.Capacity, StringComparer.Ordinal);
        }

        // The singular field is the first of the plural one; whichever was given fills the other.
        if (obj.Spec.PodCIDRs.Count == 0 && obj.Spec.PodCIDR.Length > 0)
        {
            obj.Spec.PodCIDRs.Add(obj.Spec.PodCIDR);
        }
        else if (obj.Spec.PodCIDRs.Count > 0 && obj.Spec.PodCIDR.Length == 0)
        {
            obj.Spec.PodCIDR = obj.Spec.PodCIDRs[0];
        }
    }

    protected override void Validate(Node obj, FieldErrorList errors)
    {
        // Upstream reports taints under metadata.
        SchedulingValidation.Taints(obj.Spec.Taints, FieldPath.New("metadata", "taints"), errors);
        Amounts(obj, errors);
        PodCidrs(obj.Spec.PodCIDRs, errors);
    }

    protected override void ValidateUpdate(Node obj, Node old, FieldErrorList errors)
    {
        Amounts(obj, errors);
        if (old.Spec.PodCIDRs.Count > 0 && !old.Spec.PodCIDRs.SequenceEqual(obj.Spec.PodCIDRs))
        {
            errors.Forbidden(Cidrs, "node updates may not change podCIDR except from \"\" to valid");
        }

        if (old.Spec.ProviderID.Length > 0 && old.Spec.ProviderID != obj.Spec.ProviderID)
        {
            errors.Forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid");
        }

        SchedulingValidation.Taints(obj.Spec.Taints, FieldPath.New("metadata", "taints"), errors);
        if (obj.Spec.ExternalID != old.Spec.ExternalID)
        {
            errors.Forbidden("spec.externalID", "may not be updated");
        }
    }

    protected override void ValidateStatusUpdate(Node obj, Node old, FieldErrorList errors)
    {
        Amounts(obj, errors);
        var seen = new HashSet<(string, string)>();
        for (var i = 0; i < obj.Status.Addresses.Count; i++)
        {
            var address = obj.Status.Addresses[i];
            if (!seen.Add((address.Type, address.Address)))
            {
                errors.Duplicate(FieldPath.New("status", "addresses").Index(i), address);
            }
        }
    }

    private static void Amounts(Node node, FieldErrorList errors)
    {
        foreach (var (name, amount) in node.Status.Capacity)
        {
            ResourceNames.ValidateAmount(name, amount, FieldPath.New("status", "capacity", name), errors);
        }

        foreach (var (name, amount) in node.Status.Allocatable)
        {
            ResourceNames.ValidateAmount(name, amount, FieldPath.New("status", "allocatable", name), errors);
        }
    }

    private static void PodCidrs(List<string> cidrs, FieldErrorList errors)
    {
        for (var i = 0; i < cidrs.Count; i++)
        {
            errors.Cidr(Cidrs.Index(i), cidrs[i]);
            if (cidrs.IndexOf(cidrs[i]) < i)
            {
                errors.Duplicate(Cidrs.Index(i), cidrs[i]);
            }
        }

        var families = cidrs.Select(c => c.Contains(':') ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork).Distinct().Count();
        if (cidrs.Count > 1 && (families != 2 || cidrs.Count > 2))
        {
            errors.Invalid(Cidrs, cidrs, "may specify no more than one CIDR for each IP family");
        }
    }
}
