using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Joining;

/// <summary>
/// A certificate in a file, asked for when there is none, and asked for anew when between 70 and 90 percent of its life are
/// over — not all nodes of a cluster at once. Who uses it asks for <see cref="Current"/> every time.
/// </summary>
internal sealed class RenewedCertificate(string file, NodeCertificateRequest request, TimeProvider time, Random random)
{
    private static readonly Backoff Retry = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    // Were the signer's clock far behind ours, every new certificate would look old at once.
    private static readonly TimeSpan LeastPause = TimeSpan.FromMinutes(1);

    private volatile X509Certificate2? _current;

    /// <summary>The certificate with its key; null before the first.</summary>
    public X509Certificate2? Current => _current ??= Kept();

    /// <summary>Sees to it that there is one.</summary>
    public async Task<X509Certificate2> EnsureAsync(IKubeClient client, CancellationToken cancellationToken) => Current ?? await AskAsync(client, cancellationToken);

    /// <summary>Renews it in time until cancelled.</summary>
    public async Task RenewAsync(IKubeClient client, Action<X509Certificate2> onRenewed, Action<Exception> onFailure, CancellationToken cancellationToken)
    {
        for (var earliest = DateTimeOffset.MinValue; ; earliest = time.GetUtcNow() + LeastPause)
        {
            var certificate = Current ?? await AskAsync(client, cancellationToken);
            var due = RenewAt(certificate);
            await WaitUntilAsync(due > earliest ? due : earliest, cancellationToken);
            for (var failures = 0; ; failures++)
            {
                try
                {
                    onRenewed(await AskAsync(client, cancellationToken));
                    break;
                }
                catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
                {
                    onFailure(e);
                    await Task.Delay(Retry.Delay(failures), time, cancellationToken);
                }
            }
        }
    }

    private DateTimeOffset RenewAt(X509Certificate2 certificate)
    {
        var life = certificate.NotAfter - certificate.NotBefore;
        return certificate.NotBefore.ToUniversalTime() + (life * (0.7 + 0.2 * random.NextDouble()));
    }

    // In parts: a timer holds 49 days at most. Rounded up to the timer's millisecond, or the rest below it would be waited for by spinning.
    private async Task WaitUntilAsync(DateTimeOffset when, CancellationToken cancellationToken)
    {
        while (when - time.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left < TimeSpan.FromDays(1) ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)) : TimeSpan.FromDays(1), time, cancellationToken);
        }
    }

    private async Task<X509Certificate2> AskAsync(IKubeClient client, CancellationToken cancellationToken)
    {
        var pem = await request.AskAsync(client, cancellationToken);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // Whoever dies in between keeps the former one whole.
        await using (var writer = new StreamWriter(file + ".tmp", new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            await writer.WriteAsync(pem);
        }
        File.Move(file + ".tmp", file, overwrite: true);
        return _current = X509Certificate2.CreateFromPem(pem, pem);
    }

    private X509Certificate2? Kept()
    {
        if (!File.Exists(file))
        {
            return null;
        }
        try
        {
            var text = File.ReadAllText(file);
            var certificate = X509Certificate2.CreateFromPem(text, text);
            // One that has ended opens no door any more: the node joins again.
            return certificate.NotAfter.ToUniversalTime() > time.GetUtcNow() ? certificate : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
