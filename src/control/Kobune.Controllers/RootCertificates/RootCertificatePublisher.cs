using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.RootCertificates;

/// <summary>Keeps the ConfigMap <c>kube-root-ca.crt</c> with the cluster's CA in every active namespace, so that Pods can trust the API server.</summary>
internal sealed class RootCertificatePublisher : Controller
{
    private const string MapName = "kube-root-ca.crt";
    private const string Key = "ca.crt";
    private const string DescriptionAnnotation = "kubernetes.io/description";
    private const string Description = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. "
        + "No other usage is guaranteed across distributions of Kubernetes clusters.";

    private readonly string _certificate;
    private readonly ILister<Namespace> _namespaces;
    private readonly ILister<ConfigMap> _maps;

    public RootCertificatePublisher(ControllerContext context, string certificate) : base(context, "root-ca-cert-publisher", workers: 1)
    {
        _certificate = certificate;
        Writes<ConfigMap>();
        _namespaces = Reconciles<Namespace>();
        _maps = Watches<ConfigMap>(change =>
        {
            if (change.Object.Metadata.Name == MapName && change.Type != InformerEventType.Added)
            {
                Queue.Add(new ObjectKey("", change.Object.Metadata.Namespace));
            }
        });
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_namespaces.Get(key) is not { Metadata.DeletionTimestamp: null, Status.Phase: not "Terminating" })
        {
            return;
        }

        var existing = _maps.Get(key.Name, MapName);
        if (existing is not null)
        {
            await RepairAsync(existing, cancellationToken);
            return;
        }

        var map = new ConfigMap { Data = { [Key] = _certificate } };
        map.Metadata.Name = MapName;
        map.Metadata.Namespace = key.Name;
        map.Metadata.Annotations[DescriptionAnnotation] = Description;
        try
        {
            await Client.CreateAsync(map, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsAlreadyExists() || e.IsNamespaceTerminating())
        {
            // somebody was faster, or it is no longer needed
        }
    }

    private async Task RepairAsync(ConfigMap existing, CancellationToken cancellationToken)
    {
        if (existing.Data.Count == 1 && existing.Data.GetValueOrDefault(Key) == _certificate
            && existing.Metadata.Annotations.GetValueOrDefault(DescriptionAnnotation) == Description)
        {
            return;
        }

        var repaired = existing.Clone();
        repaired.Data = new Dictionary<string, string> { [Key] = _certificate };
        repaired.Metadata.Annotations[DescriptionAnnotation] = Description;
        await Client.UpdateAsync(repaired, cancellationToken: cancellationToken);
    }
}
