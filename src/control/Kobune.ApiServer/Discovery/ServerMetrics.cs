using System.Globalization;
using System.Text;
using Kobune.ApiServer.Pipeline;

namespace Kobune.ApiServer.Discovery;

/// <summary>/metrics in Prometheus text form, under upstream's names: the minimum so far.</summary>
internal sealed class ServerMetrics(InFlightLimit inFlight)
{
    public Task HandleAsync(ApiRequest request)
    {
        var text = new StringBuilder();
        Gauge(text, "apiserver_current_inflight_requests", "Requests in work", inFlight.Present);
        Gauge(text, "process_resident_memory_bytes", "Resident memory size in bytes", Environment.WorkingSet);
        Gauge(text, "dotnet_gc_heap_size_bytes", "Managed heap size", GC.GetTotalMemory(false));
        Gauge(text, "dotnet_threadpool_threads", "Thread pool threads", ThreadPool.ThreadCount);
        return Responses.BytesAsync(request, 200, "text/plain; version=0.0.4; charset=utf-8", System.Text.Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static void Gauge(StringBuilder text, string name, string help, long value) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(" gauge\n")
            .Append(name).Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
