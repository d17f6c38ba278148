using Kobune.Api.ApiRegistration.V1;
using Kobune.ApiServer.Bootstrap;
using Kobune.Client;

namespace Kobune.ApiServer.ResourceMetrics;

/// <summary>The APIService that says that metrics.k8s.io is served, here and by no add-on. One that somebody else made is left alone.</summary>
internal static class MetricsApiService
{
    private const string Name = "v1beta1.metrics.k8s.io";

    public static async Task EnsureAsync(ApiServerServices services, CancellationToken cancellationToken)
    {
        if (!services.Options.ServeResourceMetrics
            || await services.Objects.FindAsync(APIService.Info, null, Name, true, cancellationToken).ConfigureAwait(false) is not null)
        {
            return;
        }

        var service = new APIService { Spec = new APIServiceSpec { Group = "metrics.k8s.io", Version = "v1beta1", GroupPriorityMinimum = 100, VersionPriority = 100 } };
        service.Metadata.Name = Name;
        service.Metadata.Labels["kube-aggregator.kubernetes.io/automanaged"] = "onstart";
        await PostStartHooks.IfAbsentAsync(services.Client.CreateAsync(service, cancellationToken: cancellationToken)).ConfigureAwait(false);
    }
}
