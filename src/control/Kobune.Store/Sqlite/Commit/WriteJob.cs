namespace Kobune.Store.Sqlite.Commit;

/// <summary>Something that wants to be part of the next transaction.</summary>
internal abstract class WriteJob
{
    /// <summary>True when its caller gave up before the loop took it; it is then left out.</summary>
    public abstract bool Abandoned { get; }

    /// <summary>The store's own job, which took no place in the queue.</summary>
    public virtual bool IsOwn => false;

    public abstract void Apply(CommitBatch batch);

    /// <summary>The transaction is durable and its events are on their way.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception error);
}

/// <summary>
/// A job with an answer. An exception of its own, thrown before it changed anything, refuses this job alone; an error
/// of the disk fails the whole transaction.
/// </summary>
internal sealed class WriteJob<T>(Func<CommitBatch, T> apply, CancellationToken cancellationToken, bool isOwn = false) : WriteJob
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _refusal;

    public Task<T> Task => _done.Task;

    public override bool IsOwn => isOwn;

    public override bool Abandoned => cancellationToken.IsCancellationRequested && _done.TrySetCanceled(cancellationToken);

    public override void Apply(CommitBatch batch)
    {
        try
        {
            _result = apply(batch);
        }
        catch (Exception e) when (e is LeaseNotFoundException or FutureRevisionException)
        {
            _refusal = e;
        }
    }

    public override void Complete()
    {
        if (_refusal is null)
        {
            _done.TrySetResult(_result!);
        }
        else
        {
            _done.TrySetException(_refusal);
        }
    }

    public override void Fail(Exception error) => _done.TrySetException(error);
}
