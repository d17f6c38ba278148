using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>Services: cluster addresses and node ports from the cluster's ranges, kept over updates.</summary>
internal sealed class ServiceHooks(ApiServerServices services) : TypedHooks<Service>
{
    private readonly ServiceAllocator allocator = new(services);
    private readonly ServiceFamilies families = new(services.Options.ServiceNetwork);

    public override NameRule NameRule => NameRule.Dns1035Label;
    public override bool ReturnsDeletedObject => true;

    protected override void Default(Service obj) => ServiceDefaults.Apply(obj);

    protected override void PrepareForCreate(Service obj, WriteContext context)
    {
        obj.Status = new ServiceStatus();
        ServiceTransitions.Normalize(obj, null);
    }

    protected override void PrepareForUpdate(Service obj, Service old, WriteContext context)
    {
        ServiceTransitions.Normalize(obj, old);
        ServiceTransitions.KeepAllocated(obj, old);
        ServiceTransitions.DropTypeDependent(obj, old);
    }

    public override ValueTask<IAsyncDisposable?> AllocateAsync(KubeObject obj, KubeObject? old, WriteContext context, CancellationToken cancellationToken)
    {
        var (service, before) = ((Service)obj, (Service?)old);
        families.Complete(service, before);
        if (before != null && !Asks(service, before))
        {
            return default;
        }

        // What may not change is not allocated anew: validation refuses it afterwards, with the right words.
        return before != null && ChangesAddress(service, before) ? default : allocator.AllocateAsync(service, context.DryRun, cancellationToken);
    }

    public override ValueTask ReleaseAsync(KubeObject obj, CancellationToken cancellationToken)
    {
        var service = (Service)obj;
        allocator.Release(service);
        return allocator.GiveBackAsync(service, service.Spec.ClusterIPs, cancellationToken);
    }

    public override ValueTask AfterUpdateAsync(KubeObject obj, KubeObject old, CancellationToken cancellationToken)
    {
        var (now, before) = (((Service)obj).Spec.ClusterIPs, ((Service)old).Spec.ClusterIPs);
        return before.TrueForAll(now.Contains) ? default : allocator.GiveBackAsync((Service)obj, before.Except(now), cancellationToken);
    }

    protected override void Validate(Service obj, FieldErrorList errors) => ServiceValidation.Validate(obj, errors);

    protected override void ValidateUpdate(Service obj, Service old, FieldErrorList errors) => ServiceUpdateValidation.Validate(obj, old, errors);

    protected override void ValidateStatusUpdate(Service obj, Service old, FieldErrorList errors) => ServiceStatusValidation.Validate(obj, errors);

    protected override void Warn(Service obj, Service? old, List<string> warnings)
    {
        if (obj.Spec.Type == "ExternalName" && obj.Spec.ExternalIPs.Count > 0)
        {
            warnings.Add("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
        }

        if (obj.Spec.Type != "LoadBalancer" && obj.Spec.LoadBalancerIP.Length > 0)
        {
            warnings.Add("spec.loadBalancerIP is ignored when spec.type is not \"LoadBalancer\"");
        }

        if (obj.IsHeadless() && obj.Spec.SessionAffinity == "ClientIP")
        {
            warnings.Add("spec.SessionAffinity is ignored for headless services");
        }
    }

    /// <summary>Whether the update needs anything that the Service does not have yet: most updates do not, and need no list of all.</summary>
    private static bool Asks(Service service, Service old)
    {
        var (spec, before) = (service.Spec, old.Spec);
        var held = before.Ports.Select(p => p.NodePort).Append(before.HealthCheckNodePort).ToHashSet();
        return (service.NeedsClusterIP() && !spec.ClusterIPs.SequenceEqual(before.ClusterIPs)) || (service.NeedsClusterIP() && spec.ClusterIPs.Count == 0)
            || (service.TakesNodePorts() && spec.Ports.Exists(p => p.NodePort == 0 ? service.AllocatesNodePorts() : !held.Contains(p.NodePort)))
            || (service.NeedsHealthCheck() && (spec.HealthCheckNodePort == 0 || !held.Contains(spec.HealthCheckNodePort)));
    }

    private static bool ChangesAddress(Service service, Service old) =>
        old.NeedsClusterIP() && service.NeedsClusterIP() && old.Spec.ClusterIPs.Count > 0 && !(old.IsHeadless() && service.IsHeadless()) && !service.Spec.ClusterIPs.SequenceEqual(old.Spec.ClusterIPs);
}
