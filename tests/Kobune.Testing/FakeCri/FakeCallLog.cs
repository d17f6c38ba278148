using Google.Protobuf;

namespace Kobune.Testing.FakeCri;

/// <summary>Every call in order, to assert on and to wait for.</summary>
public sealed class FakeCallLog
{
    private readonly Lock _lock = new();
    private readonly List<FakeCriCall> _calls = [];
    private TaskCompletionSource _changed = NewSignal();

    public IReadOnlyList<FakeCriCall> All
    {
        get
        {
            lock (_lock)
                return [.. _calls];
        }
    }

    public IReadOnlyList<T> Of<T>() where T : IMessage => [.. All.Select(c => c.Request).OfType<T>()];

    public int Count(string method) => All.Count(c => c.Method == method);

    /// <summary>Completes when the method has been called so many times in all.</summary>
    public async Task WaitForAsync(string method, int count, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_calls.Count(c => c.Method == method) >= count)
                    return;
                changed = _changed.Task;
            }
            await changed.WaitAsync(cancellation);
        }
    }

    internal void Add(string method, IMessage request)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _calls.Add(new FakeCriCall(method, request));
            changed = _changed;
            _changed = NewSignal();
        }
        changed.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
