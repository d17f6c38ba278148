using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using Kobune.Cri.Containerd.Wire;
using Kobune.Cri.Grpc;

namespace Kobune.Cri.Events;

/// <summary>containerd's event service, the part that belongs to CRI's namespace k8s.io.</summary>
internal sealed class ContainerdEventSource(GrpcChannel channel, TimeProvider time) : IEventSource
{
    private const string Service = "/containerd.services.events.v1.Events/";
    private const string Marker = "/kobune/subscribed";
    private static readonly KeyValuePair<string, string> Namespace = new("containerd-namespace", "k8s.io");
    private static readonly string[] Topics =
        ["/containers/create", "/containers/delete", "/tasks/start", "/tasks/exit", "/tasks/oom", Marker];

    public async IAsyncEnumerable<RuntimeEvent> SubscribeAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new SubscribeRequest();
        request.Filters.Add(Topics.Select(topic => $"namespace==k8s.io,topic==\"{topic}\""));
        await using var stream = channel.StreamAsync(Service + "Subscribe", request, Envelope.Parser, cancellation).GetAsyncEnumerator(cancellation);

        // Nothing tells when a subscription has taken effect, so an event of our own is sent until it comes back.
        string token = time.GetTimestamp().ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        ValueTask<bool> next = stream.MoveNextAsync();
        using var announced = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task announcing = AnnounceAsync(token, announced.Token);
        try
        {
            while (await next.ConfigureAwait(false))
            {
                Envelope envelope = stream.Current;
                if (envelope.Topic == Marker)
                {
                    if (envelope.Event.TypeUrl == token && !announced.IsCancellationRequested)
                    {
                        await announced.CancelAsync().ConfigureAwait(false);
                        yield return new RuntimeEvent(RuntimeEventKind.Resync, "", null, time.GetUtcNow());
                    }
                }
                else if (Translate(envelope) is { } translated)
                {
                    yield return translated;
                }
                next = stream.MoveNextAsync();
            }
        }
        finally
        {
            await announced.CancelAsync().ConfigureAwait(false);
            await announcing.ConfigureAwait(false);
        }
    }

    private async Task AnnounceAsync(string token, CancellationToken cancellation)
    {
        var marker = new PublishRequest { Topic = Marker, Event = new Any { TypeUrl = token } };
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                await channel.UnaryAsync(Service + "Publish", marker, Empty.Parser, TimeSpan.FromSeconds(10), cancellation, Namespace).ConfigureAwait(false);
                await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // Seen, or the daemon went away, which ends the subscription as well.
        }
    }

    private static RuntimeEvent? Translate(Envelope envelope)
    {
        var payload = envelope.Event.Value;
        DateTimeOffset at = envelope.Timestamp?.ToDateTimeOffset() ?? default;
        switch (envelope.Topic)
        {
            case "/containers/create":
                return new RuntimeEvent(RuntimeEventKind.Created, ContainerCreate.Parser.ParseFrom(payload).Id, null, at);
            case "/containers/delete":
                return new RuntimeEvent(RuntimeEventKind.Deleted, ContainerDelete.Parser.ParseFrom(payload).Id, null, at);
            case "/tasks/start":
                return new RuntimeEvent(RuntimeEventKind.Started, TaskStart.Parser.ParseFrom(payload).ContainerId, null, at);
            case "/tasks/oom":
                return new RuntimeEvent(RuntimeEventKind.OutOfMemory, TaskOOM.Parser.ParseFrom(payload).ContainerId, null, at);
            case "/tasks/exit":
                TaskExit exit = TaskExit.Parser.ParseFrom(payload);
                // The same event tells of the ends of execs.
                return exit.Id != exit.ContainerId ? null
                    : new RuntimeEvent(RuntimeEventKind.Stopped, exit.ContainerId, (int)exit.ExitStatus, exit.ExitedAt?.ToDateTimeOffset() ?? at);
            default:
                return null;
        }
    }
}
