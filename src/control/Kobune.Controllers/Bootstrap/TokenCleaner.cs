using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Bootstrap;

/// <summary>Deletes bootstrap tokens when they have run out.</summary>
internal sealed class TokenCleaner : Controller
{
    private readonly ILister<Secret> _tokens;

    public TokenCleaner(ControllerContext context) : base(context, "token-cleaner", workers: 1)
    {
        Writes<Secret>();
        _tokens = Watches<Secret>(change => Queue.Add(change.Key), BootstrapTokens.Namespace, BootstrapTokens.Selection);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_tokens.Get(key) is not { } token || BootstrapTokens.ExpiresAt(token) is not { } end)
        {
            return;
        }

        if (end > Now)
        {
            Queue.AddAfter(key, end - Now);
            return;
        }

        try
        {
            await Client.DeleteAsync<Secret>(key.Namespace, key.Name, new DeleteOptions { Preconditions = new Preconditions { Uid = token.Metadata.Uid } }, cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsNotFound || e.IsConflict)
        {
            // gone, or another of its name by now
        }
    }
}
