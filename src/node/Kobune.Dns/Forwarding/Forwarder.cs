using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Kobune.Dns.Wire;

namespace Kobune.Dns.Forwarding;

/// <summary>
/// Asks the node's own name servers, in their order, for names outside of the cluster. Equal questions at the same time are
/// asked once; so a server that leads back here only makes its own question wait, and the loop ends with the time-out
/// instead of multiplying. At most 256 questions are out at once; more are refused.
/// </summary>
internal sealed class Forwarder(Func<IReadOnlyList<IPEndPoint>> servers, IUpstream upstream, AnswerCache cache, TimeProvider time)
{
    private const int MaxOutstanding = 256;
    private const ushort PayloadSize = 1232;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<ForwardKey, Task<DnsMessage?>> _outstanding = [];

    /// <summary>The answer, from the cache or from the first server that gives one; null when none does.</summary>
    public async ValueTask<DnsMessage?> AskAsync(DnsQuestion question, bool dnssecOk, bool checkingDisabled, CancellationToken cancellationToken)
    {
        var key = new ForwardKey(question.Name, question.Type, dnssecOk, checkingDisabled);
        if (cache.Find(key) is { } known)
        {
            return known;
        }
        Task<DnsMessage?>? asking;
        TaskCompletionSource<DnsMessage?>? first = null;
        lock (_gate)
        {
            if (!_outstanding.TryGetValue(key, out asking))
            {
                if (_outstanding.Count >= MaxOutstanding)
                {
                    return null;
                }
                first = new TaskCompletionSource<DnsMessage?>(TaskCreationOptions.RunContinuationsAsynchronously);
                _outstanding[key] = asking = first.Task;
            }
        }
        if (first is not null)
        {
            await AskAllAsync(key, question, first, cancellationToken);
        }
        try
        {
            return await asking.WaitAsync(Patience * 3, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task AskAllAsync(ForwardKey key, DnsQuestion question, TaskCompletionSource<DnsMessage?> result, CancellationToken cancellationToken)
    {
        DnsMessage? answer = null;
        try
        {
            foreach (var server in servers())
            {
                answer = await TryAsync(server, key, question, cancellationToken);
                if (answer is { Code: ResponseCode.NoError or ResponseCode.NameError })
                {
                    cache.Put(key, answer);
                    break;
                }
            }
        }
        finally
        {
            lock (_gate)
            {
                _outstanding.Remove(key);
            }
            result.TrySetResult(answer);
        }
    }

    private async Task<DnsMessage?> TryAsync(IPEndPoint server, ForwardKey key, DnsQuestion question, CancellationToken cancellationToken)
    {
        var query = new DnsMessage
        {
            Id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1),
            RecursionDesired = true,
            CheckingDisabled = key.CheckingDisabled,
            Question = question,
            Edns = new EdnsOptions(PayloadSize, DnssecOk: key.DnssecOk),
        };
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await upstream.AskAsync(server, query, either.Token);
        }
        catch (Exception e) when (e is SocketException or IOException or DnsFormatException || (e is OperationCanceledException && timeout.IsCancellationRequested))
        {
            return null;
        }
    }
}
