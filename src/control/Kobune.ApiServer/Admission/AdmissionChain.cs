namespace Kobune.ApiServer.Admission;

/// <summary>Runs the plug-ins: all may change the object, in order; then all may refuse it.</summary>
internal sealed class AdmissionChain(IReadOnlyList<IAdmissionPlugin> plugins)
{
    public async ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        foreach (var plugin in plugins)
        {
            await plugin.AdmitAsync(context, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        foreach (var plugin in plugins)
        {
            await plugin.ValidateAsync(context, cancellationToken).ConfigureAwait(false);
        }
    }
}
