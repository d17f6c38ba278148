using Kobune.Api.Metrics.V1Beta1;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.ResourceMetrics;

/// <summary>
/// metrics.k8s.io/v1beta1 as a part of this server: what `kubectl top` and autoscalers read. Figures come from the kubelets'
/// /metrics/resource, on request only; an idle cluster measures nothing.
/// </summary>
internal sealed class ResourceMetricsApi : IDisposable
{
    private readonly ApiServerServices services;
    private readonly KubeletScraper scraper;
    private readonly UsageHistory history;

    public ResourceMetricsApi(ApiServerServices services)
    {
        this.services = services;
        scraper = new KubeletScraper(services);
        history = new UsageHistory(scraper.ScrapeAsync, services.Time);
    }

    public void Serve(ResourceCatalog catalog)
    {
        catalog.AddComputed(PodMetrics.Info, new PodMetricsSource(services, history));
        catalog.AddComputed(NodeMetrics.Info, new NodeMetricsSource(services, history));
    }

    public void Dispose()
    {
        scraper.Dispose();
        history.Dispose();
    }
}
