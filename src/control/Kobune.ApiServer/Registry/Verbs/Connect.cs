using Kobune.ApiServer.Admission;

namespace Kobune.ApiServer.Registry;

internal sealed partial class ResourceRegistry
{
    /// <summary>Admission for what connects to a node (exec, attach, portforward, proxy).</summary>
    public async ValueTask AdmitConnectAsync(RequestScope scope, CancellationToken cancellationToken)
    {
        var context = AdmissionOf(scope, AdmissionOperation.Connect, scope.Name, null, null);
        await admission.AdmitAsync(context, cancellationToken).ConfigureAwait(false);
        await admission.ValidateAsync(context, cancellationToken).ConfigureAwait(false);
        scope.Warnings.AddRange(context.Warnings);
    }
}
