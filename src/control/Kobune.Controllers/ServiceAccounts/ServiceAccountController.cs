using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.ServiceAccounts;

/// <summary>Sees to it that every active namespace has the service account <c>default</c>.</summary>
internal sealed class ServiceAccountController : Controller
{
    private const string Default = "default";
    private readonly ILister<Namespace> _namespaces;
    private readonly ILister<ServiceAccount> _accounts;

    public ServiceAccountController(ControllerContext context) : base(context, "service-account-controller", workers: 1)
    {
        Writes<ServiceAccount>();
        _namespaces = Reconciles<Namespace>();
        _accounts = Watches<ServiceAccount>(change =>
        {
            if (change.Type == InformerEventType.Deleted && change.Object.Metadata.Name == Default)
            {
                Queue.Add(new ObjectKey("", change.Object.Metadata.Namespace));
            }
        });
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_namespaces.Get(key) is not { Metadata.DeletionTimestamp: null, Status.Phase: not "Terminating" } || _accounts.Get(key.Name, Default) is not null)
        {
            return;
        }

        var account = new ServiceAccount();
        account.Metadata.Name = Default;
        account.Metadata.Namespace = key.Name;
        try
        {
            await Client.CreateAsync(account, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsAlreadyExists() || e.IsNamespaceTerminating())
        {
            // somebody was faster, or it is no longer needed
        }
    }
}
