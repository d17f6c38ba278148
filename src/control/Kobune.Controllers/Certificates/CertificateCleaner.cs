using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kobune.Api;
using Kobune.Api.Certificates.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Certificates;

/// <summary>Deletes certificate requests that are done with: an hour after they were decided, a day after nobody did, or when their certificate has run out.</summary>
internal sealed class CertificateCleaner : Controller
{
    private static readonly TimeSpan Decided = TimeSpan.FromHours(1);
    private static readonly TimeSpan Pending = TimeSpan.FromHours(24);

    private readonly ILister<CertificateSigningRequest> _requests;

    public CertificateCleaner(ControllerContext context) : base(context, "certificate-cleaner", workers: 1, account: "certificate-controller")
    {
        Writes<CertificateSigningRequest>();
        _requests = Reconciles<CertificateSigningRequest>();
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_requests.Get(key) is not { } request)
        {
            return;
        }

        if (EndOf(request) is var end && end > Now)
        {
            Queue.AddAfter(key, end - Now);
            return;
        }

        try
        {
            await Client.DeleteAsync<CertificateSigningRequest>(null, key.Name, new DeleteOptions { Preconditions = new Preconditions { Uid = request.Metadata.Uid } }, cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsNotFound || e.IsConflict)
        {
            // gone, or another of its name by now
        }
    }

    private DateTimeOffset EndOf(CertificateSigningRequest request)
    {
        var decided = request.Status.Conditions.Where(c => c.Type is "Denied" or "Failed" || (c.Type == "Approved" && request.Status.Certificate is { Length: > 0 }))
            .Select(c => (c.LastUpdateTime ?? request.Metadata.CreationTimestamp ?? Now) + Decided);
        var runsOut = ExpiryOf(request);
        return decided.Append((request.Metadata.CreationTimestamp ?? Now) + Pending).Append(runsOut).Min();
    }

    private static DateTimeOffset ExpiryOf(CertificateSigningRequest request)
    {
        if (request.Status.Certificate is not { Length: > 0 } pem)
        {
            return DateTimeOffset.MaxValue;
        }

        try
        {
            using var certificate = X509Certificate2.CreateFromPem(System.Text.Encoding.ASCII.GetString(pem));
            return certificate.NotAfter.ToUniversalTime();
        }
        catch (CryptographicException)
        {
            return DateTimeOffset.MaxValue; // whatever it is, it goes when its time is over
        }
    }
}
