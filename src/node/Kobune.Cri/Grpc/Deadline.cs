namespace Kobune.Cri.Grpc;

/// <summary>The caller's token, cut short by a time limit; tells the two apart afterwards.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource? _timer;
    private readonly CancellationTokenSource? _linked;

    private Deadline(CancellationTokenSource? timer, CancellationTokenSource? linked, CancellationToken token)
    {
        _timer = timer;
        _linked = linked;
        Token = token;
    }

    internal CancellationToken Token { get; }

    internal bool Expired => _timer is { IsCancellationRequested: true };

    internal static Deadline Start(TimeSpan? timeout, TimeProvider time, CancellationToken cancellation)
    {
        if (timeout is not { } limit)
            return new Deadline(null, null, cancellation);
        var timer = new CancellationTokenSource(limit, time);
        var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellation);
        return new Deadline(timer, linked, linked.Token);
    }

    public void Dispose()
    {
        _linked?.Dispose();
        _timer?.Dispose();
    }
}
