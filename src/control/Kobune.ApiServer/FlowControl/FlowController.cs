using Kobune.Api;
using Kobune.Api.FlowControl.V1;
using Kobune.ApiServer.Authorization;
using Kobune.ApiServer.Pipeline;
using Kobune.Runtime.Metrics;

namespace Kobune.ApiServer.FlowControl;

/// <summary>
/// Priority and fairness: sorts every request into a flow of a priority level and lets it in when the level has a seat for
/// it. It works from the built-in configuration until the stored one has been read.
/// </summary>
internal sealed class FlowController
{
    private const int MaxSeats = 10;
    /// <summary>A whole list of so many objects takes one more seat; it costs us far less than upstream, which counts in hundreds.</summary>
    private const int ObjectsPerSeat = 2000;

    private readonly ApiServerServices services;
    private readonly Func<RequestInfo, int> objectsOf;
    private readonly SeatPool pool;
    private readonly FlowMetrics metrics;
    private volatile Entry[] entries = [];

    public FlowController(ApiServerServices services, MetricRegistry registry, Func<RequestInfo, int> objectsOf)
    {
        this.services = services;
        this.objectsOf = objectsOf;
        pool = new SeatPool(services.Options.MaxInFlight, services.Time);
        metrics = new FlowMetrics(registry, pool);
        Configure(FlowDefaults.Schemas(), FlowDefaults.Levels());
    }

    /// <summary>How long a request may wait for a seat: a quarter of its time.</summary>
    private TimeSpan Patience => services.Options.RequestTimeout / 4;

    /// <summary>Waits for the request's seat; dispose of it when the request is done.</summary>
    /// <exception cref="KubeStatusException">429 with Retry-After.</exception>
    public async ValueTask<Seat> EnterAsync(ApiRequest request)
    {
        var attributes = request.Attributes();
        if (Find(attributes) is not { } entry)
        {
            return default;
        }

        var headers = request.Http.Response.Headers;
        headers["X-Kubernetes-PF-FlowSchema-UID"] = entry.Schema.Metadata.Uid;
        headers["X-Kubernetes-PF-PriorityLevel-UID"] = entry.Level.Uid;
        if (request.IsLongRunning)
        {
            // Watches and streams cost next to nothing while they last, and there may be thousands.
            return default;
        }

        var seats = Seats(request.Info, request);
        var start = services.Time.GetTimestamp();
        var refusal = await pool.EnterAsync(entry.Level, Hash(entry.Schema.Metadata.Name, FlowMatch.Distinguish(entry.Schema, attributes)), seats, Patience, request.Aborted).ConfigureAwait(false);
        if (refusal == FlowRefusal.None)
        {
            entry.Dispatched.Add(1);
            entry.Waited.Observe(services.Time.GetElapsedTime(start).TotalSeconds);
            return new Seat(pool, entry.Level, seats);
        }

        metrics.Rejected(entry.Schema.Metadata.Name, entry.Level.Name, refusal);
        throw StatusErrors.TooManyRequests("too many requests, please try again later", 1);
    }

    /// <summary>Takes a new configuration over; what waits and runs goes on.</summary>
    public void Configure(IEnumerable<FlowSchema> schemas, IEnumerable<PriorityLevelConfiguration> configurations)
    {
        var present = pool.Levels.ToDictionary(l => l.Name);
        var settings = configurations.ToList();
        foreach (var mandatory in FlowDefaults.Levels().Where(l => FlowDefaults.Mandatory.Contains(l.Metadata.Name) && !settings.Exists(s => s.Metadata.Name == l.Metadata.Name)))
        {
            settings.Add(mandatory);
        }

        var levels = settings.ToDictionary(s => s.Metadata.Name, s => present.GetValueOrDefault(s.Metadata.Name) ?? new PriorityLevel(s.Metadata.Name));
        pool.Configure([.. levels.Values], () => settings.ForEach(s => levels[s.Metadata.Name].Configure(s)));
        var list = schemas.ToList();
        foreach (var mandatory in FlowDefaults.Schemas().Where(l => FlowDefaults.Mandatory.Contains(l.Metadata.Name) && !list.Exists(s => s.Metadata.Name == l.Metadata.Name)))
        {
            list.Add(mandatory);
        }

        entries =
        [
            .. list.Where(s => levels.ContainsKey(s.Spec.PriorityLevelConfiguration.Name))
                .OrderBy(s => s.Spec.MatchingPrecedence).ThenBy(s => s.Metadata.Name, StringComparer.Ordinal)
                .Select(s =>
                {
                    var level = levels[s.Spec.PriorityLevelConfiguration.Name];
                    return new Entry(s, level, metrics.Dispatched.With(s.Metadata.Name, level.Name), metrics.Waited.With("true", s.Metadata.Name, level.Name));
                }),
        ];
    }

    private Entry? Find(RequestAttributes attributes)
    {
        foreach (var entry in entries)
        {
            if (FlowMatch.Matches(entry.Schema, attributes))
            {
                return entry;
            }
        }

        return null;
    }

    private int Seats(RequestInfo info, ApiRequest request) =>
        info.Verb == "list" && request.Query("limit") is null ? Math.Clamp(objectsOf(info) / ObjectsPerSeat, 1, MaxSeats) : 1;

    // FNV-1a (64 bit): cheap, and nobody gains from colliding with himself.
    private static ulong Hash(string schema, string distinguisher)
    {
        var hash = 14695981039346656037;
        foreach (var c in schema)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        foreach (var c in distinguisher)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        return hash;
    }

    private sealed record Entry(FlowSchema Schema, PriorityLevel Level, Counter.Series Dispatched, Histogram.Series Waited);

    /// <summary>What a request occupies.</summary>
    internal readonly struct Seat(SeatPool? pool, PriorityLevel level, int seats) : IDisposable
    {
        public void Dispose() => pool?.Leave(level, seats);
    }
}
