using Kobune.Runtime.Metrics;

namespace Kobune.ApiServer.Pipeline;

/// <summary>Counts and times requests under upstream's names.</summary>
internal sealed class RequestMetrics(MetricRegistry registry, Func<RequestInfo, bool> isServed)
{
    private const string Component = "apiserver";
    private static readonly double[] DurationBounds =
        [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

    private readonly Counter total = registry.Counter(
        "apiserver_request_total", "Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.",
        "code", "component", "dry_run", "group", "resource", "scope", "subresource", "verb", "version");
    private readonly Histogram duration = registry.Histogram(
        "apiserver_request_duration_seconds", "Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.", DurationBounds,
        "component", "dry_run", "group", "resource", "scope", "subresource", "verb", "version");
    private readonly Counter.Series reading = registry.Gauge(
        "apiserver_current_inflight_requests", "Maximal number of currently used inflight request limit of this apiserver per request kind in last second.", "request_kind").With("readOnly");
    private readonly Counter.Series mutating = registry.Gauge(
        "apiserver_current_inflight_requests", "Maximal number of currently used inflight request limit of this apiserver per request kind in last second.", "request_kind").With("mutating");
    private readonly Counter longRunning = registry.Gauge(
        "apiserver_longrunning_requests", "Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.",
        "component", "group", "resource", "scope", "subresource", "verb", "version");

    /// <summary>Begins one; the answer ends it.</summary>
    public Counter.Series Begin(ApiRequest request)
    {
        var info = request.Info;
        var series = request.IsLongRunning && isServed(info)
            ? longRunning.With(Component, info.ApiGroup, info.Resource, Scope(info), info.Subresource, Verb(request), info.ApiVersion)
            : info.Verb is "get" or "list" or "watch" or "head" ? reading : mutating;
        series.Add(1);
        return series;
    }

    public void End(ApiRequest request, TimeSpan elapsed)
    {
        var info = request.Info;
        var code = request.Http.Response.StatusCode.ToString(System.Globalization.CultureInfo.InvariantCulture);
        // Paths are the clients' to invent, and must not become label values.
        var served = info.IsResourceRequest && isServed(info);
        var verb = Verb(request);
        var dryRun = request.Query("dryRun") is "All" ? "All" : "";
        if (served)
        {
            total.Add(1, code, Component, dryRun, info.ApiGroup, info.Resource, Scope(info), info.Subresource, verb, info.ApiVersion);
        }
        else
        {
            total.Add(1, code, "", "", "", "", "", "", verb, "");
        }

        if (!request.IsLongRunning)
        {
            (served
                ? duration.With(Component, dryRun, info.ApiGroup, info.Resource, Scope(info), info.Subresource, verb, info.ApiVersion)
                : duration.With("", "", "", "", "", "", verb, "")).Observe(elapsed.TotalSeconds);
        }
    }

    private static string Scope(RequestInfo info) => info.Name.Length > 0 ? "resource" : info.Namespace.Length > 0 ? "namespace" : "cluster";

    private static string Verb(ApiRequest request) => request.Info.Verb switch
    {
        _ when request.Info.Subresource is "exec" or "attach" or "portforward" or "proxy" or "log" => "CONNECT",
        "create" => "POST",
        "update" => "PUT",
        "patch" => MediaTypes.Essence(request.Http.Request.ContentType) == "application/apply-patch+yaml" ? "APPLY" : "PATCH",
        "get" => "GET",
        "list" => "LIST",
        "watch" => "WATCH",
        "delete" => "DELETE",
        "deletecollection" => "DELETECOLLECTION",
        "post" => "POST",
        "put" => "PUT",
        "head" => "HEAD",
        "options" => "OPTIONS",
        _ => "other",
    };
}
