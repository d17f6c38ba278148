using System.Globalization;
using System.Text.Json;
using Kobune.Api;
using Kobune.Api.Autoscaling.V2;
using Kobune.Api.Meta.V1;
using Kobune.Api.Metrics.V1Beta1;
using Kobune.Client;

namespace Kobune.Controllers.Autoscaling;

/// <summary>
/// Reads the three metrics APIs. The one of Pods' CPU and memory is the cluster's own; custom and external metrics come
/// from servers that somebody has registered. Failures are the API's, in their words.
/// </summary>
internal sealed class MetricsReader(IKubeClient client)
{
    private static readonly TimeSpan DefaultWindow = TimeSpan.FromMinutes(1);

    /// <summary>CPU or memory by Pod name; a Pod of which a container was not measured is left out.</summary>
    public async Task<Dictionary<string, MetricSample>> ResourceAsync(string ns, string selector, string resource, string? container, CancellationToken cancellationToken)
    {
        var path = $"/apis/metrics.k8s.io/v1beta1/namespaces/{ns}/pods?labelSelector={Uri.EscapeDataString(selector)}";
        var samples = new Dictionary<string, MetricSample>(StringComparer.Ordinal);
        foreach (var pod in KubeJson.ReadList<PodMetrics>(await GetAsync(path, "unable to fetch metrics from resource metrics API", cancellationToken)).Items)
        {
            var containers = container is null ? pod.Containers : pod.Containers.FindAll(c => c.Name == container);
            if (containers.Count > 0 && containers.TrueForAll(c => c.Usage.ContainsKey(resource)))
            {
                samples[pod.Name] = new MetricSample(containers.Sum(c => c.Usage[resource].MilliValue), pod.Timestamp ?? default, pod.Window);
            }
        }

        return samples.Count > 0 ? samples : throw new InvalidOperationException("no metrics returned from resource metrics API");
    }

    /// <summary>A custom metric of each Pod, by Pod name.</summary>
    public async Task<Dictionary<string, MetricSample>> PodsAsync(string ns, string selector, MetricIdentifier metric, CancellationToken cancellationToken)
    {
        var path = $"/apis/custom.metrics.k8s.io/v1beta2/namespaces/{ns}/pods/*/{metric.Name}?labelSelector={Uri.EscapeDataString(selector)}{Narrowed(metric, "&metricLabelSelector=")}";
        using var list = JsonDocument.Parse(await GetAsync(path, "unable to fetch metrics from custom metrics API", cancellationToken));
        var samples = new Dictionary<string, MetricSample>(StringComparer.Ordinal);
        foreach (var item in list.RootElement.GetProperty("items").EnumerateArray())
        {
            samples[item.GetProperty("describedObject").GetProperty("name").GetString() ?? ""] = new MetricSample(ValueOf(item), TimeOf(item), WindowOf(item));
        }

        return samples.Count > 0 ? samples : throw new InvalidOperationException("no metrics returned from custom metrics API");
    }

    /// <summary>A custom metric of one object, in thousandths.</summary>
    public async Task<long> ObjectAsync(string ns, string resource, string name, MetricIdentifier metric, CancellationToken cancellationToken)
    {
        var target = resource == "namespaces" ? $"namespaces/{name}/metrics" : $"namespaces/{ns}/{resource}/{name}";
        var path = $"/apis/custom.metrics.k8s.io/v1beta2/{target}/{metric.Name}{Narrowed(metric, "?metricLabelSelector=")}";
        using var list = JsonDocument.Parse(await GetAsync(path, "unable to fetch metrics from custom metrics API", cancellationToken));
        foreach (var item in list.RootElement.GetProperty("items").EnumerateArray())
        {
            return ValueOf(item);
        }

        throw new InvalidOperationException("no metrics returned from custom metrics API");
    }

    /// <summary>The sum of all series of an external metric, in thousandths.</summary>
    public async Task<long> ExternalAsync(string ns, MetricIdentifier metric, CancellationToken cancellationToken)
    {
        var path = $"/apis/external.metrics.k8s.io/v1beta1/namespaces/{ns}/{metric.Name}{Narrowed(metric, "?labelSelector=")}";
        using var list = JsonDocument.Parse(await GetAsync(path, "unable to fetch metrics from external metrics API", cancellationToken));
        var values = list.RootElement.GetProperty("items").EnumerateArray().Select(ValueOf).ToList();
        return values.Count > 0 ? values.Sum() : throw new InvalidOperationException("no metrics returned from external metrics API");
    }

    private async Task<byte[]> GetAsync(string path, string failure, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetRawAsync(path, cancellationToken);
        }
        catch (KubeStatusException e)
        {
            throw new InvalidOperationException($"{failure}: {e.Message}", e);
        }
    }

    private static string Narrowed(MetricIdentifier metric, string parameter) =>
        metric.Selector is { } selector ? parameter + Uri.EscapeDataString(LabelSelectors.Format(selector)) : "";

    private static long ValueOf(JsonElement item) => Quantity.Parse(item.GetProperty("value").GetString() ?? "0").MilliValue;

    private static DateTimeOffset TimeOf(JsonElement item) =>
        item.TryGetProperty("timestamp", out var time) && DateTimeOffset.TryParse(time.GetString(), CultureInfo.InvariantCulture, out var value) ? value : default;

    private static TimeSpan WindowOf(JsonElement item) =>
        item.TryGetProperty("windowSeconds", out var window) && window.ValueKind == JsonValueKind.Number ? TimeSpan.FromSeconds(window.GetInt64()) : DefaultWindow;
}
