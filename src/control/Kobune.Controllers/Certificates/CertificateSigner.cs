using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kobune.Api.Certificates.V1;
using Kobune.Client;
using Kobune.Runtime;
using Kobune.Runtime.Certificates;

namespace Kobune.Controllers.Certificates;

/// <summary>Signs approved requests of the standard signers with the cluster's authority.</summary>
internal sealed class CertificateSigner : Controller
{
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan MinLifetime = TimeSpan.FromMinutes(10);

    private static readonly string[] Signers =
        [CertificateRequests.ApiServerClient, CertificateRequests.KubeletClient, CertificateRequests.KubeletServing, CertificateRequests.LegacyUnknown];

    private readonly CertificateAuthority _authority;
    private readonly ILister<CertificateSigningRequest> _requests;

    public CertificateSigner(ControllerContext context, CertificateAuthority authority) : base(context, "csrsigning", workers: 1, account: "certificate-controller")
    {
        _authority = authority;
        Writes<CertificateSigningRequest>();
        _requests = Reconciles<CertificateSigningRequest>();
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_requests.Get(key) is not { } request || !Signers.Contains(request.Spec.SignerName) || !CertificateRequests.IsApproved(request)
            || request.Status.Certificate is { Length: > 0 } || CertificateRequests.Has(request, "Failed"))
        {
            return;
        }
        var signed = request.Clone();
        var parsed = CertificateRequests.Parse(request);
        var objection = parsed is null ? "the request is no PKCS #10 certificate request" : CertificateRequests.Objection(request, parsed);
        if (objection is not null)
        {
            signed.Status.Conditions.Add(new CertificateSigningRequestCondition
            {
                Type = "Failed",
                Status = "True",
                Reason = "SignerValidationFailure",
                Message = objection,
                LastUpdateTime = Time.GetUtcNow(),
            });
        }
        else
        {
            signed.Status.Certificate = Encoding.ASCII.GetBytes(Sign(request, parsed!) + "\n");
        }
        await Client.UpdateStatusAsync(signed, cancellationToken: cancellationToken);
    }

    private string Sign(CertificateSigningRequest request, CertificateRequest parsed)
    {
        var uses = (request.Spec.Usages.Contains("server auth") ? CertificateUses.Server : 0) | (request.Spec.Usages.Contains("client auth") ? CertificateUses.Client : 0);
        var names = parsed.CertificateExtensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        // What else the request brought along, basic constraints above all, is not the requester's to decide.
        parsed.CertificateExtensions.Clear();
        var wanted = request.Spec.ExpirationSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : MaxLifetime;
        var lifetime = wanted < MinLifetime ? MinLifetime : wanted > MaxLifetime ? MaxLifetime : wanted;
        using var certificate = _authority.Sign(parsed, uses == 0 ? CertificateUses.Client : uses, names, Time.GetUtcNow(), lifetime);
        return certificate.ExportCertificatePem();
    }
}
