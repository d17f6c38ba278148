using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Microsoft.Extensions.Logging;

namespace Kobune.Runtime;

/// <summary>
/// Writes core/v1 Events from a loop of its own. At most 1,000 wait; when the API server is slower than that, new ones are
/// dropped: events are for people, the state of the cluster never depends on them.
/// </summary>
public sealed partial class EventRecorder(IKubeClient client, string component, TimeProvider time, ILogger logger, string host = "") : IEventRecorder
{
    private const int QueueSize = 1000;
    private const int Attempts = 5;

    private readonly Channel<Event> _queue = Channel.CreateBounded<Event>(
        new BoundedChannelOptions(QueueSize) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });
    private readonly EventCorrelator _correlator = new(time);
    private long _lastName;

    public void Record(ObjectReference about, string type, string reason, string message)
    {
        var now = time.GetUtcNow();
        _queue.Writer.TryWrite(new Event
        {
            InvolvedObject = about,
            Type = type,
            Reason = reason,
            Message = message,
            Source = new EventSource { Component = component, Host = host },
            ReportingComponent = component,
            ReportingInstance = host,
            FirstTimestamp = now,
            LastTimestamp = now,
            Count = 1,
        });
    }

    public void Normal(KubeObject about, string reason, string message) => Record(References.To(about), "Normal", reason, message);

    public void Warning(KubeObject about, string reason, string message) => Record(References.To(about), "Warning", reason, message);

    /// <summary>Writes what is recorded until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            await foreach (var happened in _queue.Reader.ReadAllAsync(cancellationToken))
            {
                if (_correlator.Correlate(happened) is { } recorded)
                {
                    await WriteAsync(happened, recorded, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // stopping
        }
    }

    private async Task WriteAsync(Event happened, EventCorrelator.Recorded recorded, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            try
            {
                if (recorded.Name is null || !await TryPatchAsync(happened, recorded, cancellationToken))
                {
                    await CreateAsync(happened, recorded, cancellationToken);
                }

                return;
            }
            catch (KubeStatusException e) when (e.Status.Code is not (0 or 429 or 500 or 503 or 504))
            {
                LogRejected(logger, happened.Reason, happened.InvolvedObject.Name, e.Message);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogRejected(logger, happened.Reason, happened.InvolvedObject.Name, e.Message);
                await Task.Delay(Backoff.Reconnect.Delay(attempt), time, cancellationToken);
            }
        }
    }

    private async Task CreateAsync(Event happened, EventCorrelator.Recorded recorded, CancellationToken cancellationToken)
    {
        // Named after the object and the moment; a moment is used once only.
        var nanoseconds = (happened.LastTimestamp!.Value - DateTimeOffset.UnixEpoch).Ticks * 100;
        _lastName = Math.Max(nanoseconds, _lastName + 1);
        var obj = happened.Clone();
        obj.Metadata.Namespace = happened.InvolvedObject.Namespace.Length > 0 ? happened.InvolvedObject.Namespace : "default";
        obj.Metadata.Name = string.Create(CultureInfo.InvariantCulture, $"{happened.InvolvedObject.Name}.{_lastName:x}");
        obj.Count = recorded.Count;
        obj.FirstTimestamp = recorded.First;
        await client.CreateAsync(obj, cancellationToken: cancellationToken);
        recorded.Name = obj.Metadata.Name;
    }

    private async Task<bool> TryPatchAsync(Event happened, EventCorrelator.Recorded recorded, CancellationToken cancellationToken)
    {
        var ns = happened.InvolvedObject.Namespace.Length > 0 ? happened.InvolvedObject.Namespace : "default";
        var last = happened.LastTimestamp!.Value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var body = $$"""{"count":{{recorded.Count}},"lastTimestamp":"{{last}}","message":{{JsonSerializer.Serialize(happened.Message)}}}""";
        try
        {
            await client.PatchAsync<Event>(ns, recorded.Name!, PatchKind.StrategicMerge, body, cancellationToken: cancellationToken);
            return true;
        }
        catch (KubeStatusException e) when (e.Status.Code == 404)
        {
            return false; // it has expired
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Event {Reason} of {Name} was not written: {Error}")]
    private static partial void LogRejected(ILogger logger, string reason, string name, string error);
}
