using Kobune.Api.Authorization.V1;
using Kobune.Api.Certificates.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Certificates;

/// <summary>
/// Approves the client certificates of joining and renewing kubelets, when RBAC lets the requester ask for them
/// (certificatesigningrequests/nodeclient and /selfnodeclient), and serving certificates that a node asks for itself.
/// </summary>
internal sealed class CertificateApprover : Controller
{
    private readonly ILister<CertificateSigningRequest> _requests;

    public CertificateApprover(ControllerContext context) : base(context, "certificate-controller", workers: 1)
    {
        Writes<CertificateSigningRequest>();
        Writes<SubjectAccessReview>();
        _requests = Reconciles<CertificateSigningRequest>();
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_requests.Get(key) is not { } request || CertificateRequests.IsDecided(request) || CertificateRequests.Parse(request) is not { } parsed
            || CertificateRequests.Objection(request, parsed) is not null)
        {
            return;
        }
        var (name, _) = CertificateRequests.Subject(parsed);
        var message = request.Spec.SignerName switch
        {
            CertificateRequests.KubeletClient when name == request.Spec.Username && await MayAsync(request, "selfnodeclient", cancellationToken) =>
                "Auto approving self kubelet client certificate after SubjectAccessReview.",
            CertificateRequests.KubeletClient when await MayAsync(request, "nodeclient", cancellationToken) =>
                "Auto approving kubelet client certificate after SubjectAccessReview.",
            CertificateRequests.KubeletServing when name == request.Spec.Username && request.Spec.Groups.Contains(CertificateRequests.NodeGroup) =>
                "Auto approving the serving certificate that a node asks for itself.",
            _ => null,
        };
        if (message is null)
        {
            return;
        }
        var approved = request.Clone();
        approved.Status.Conditions.Add(new CertificateSigningRequestCondition
        {
            Type = "Approved",
            Status = "True",
            Reason = "AutoApproved",
            Message = message,
            LastUpdateTime = Time.GetUtcNow(),
        });
        await Client.UpdateAsync(CertificateSigningRequest.Info, approved, new WriteOptions { Subresource = "approval" }, cancellationToken);
    }

    private async Task<bool> MayAsync(CertificateSigningRequest request, string subresource, CancellationToken cancellationToken)
    {
        var review = new SubjectAccessReview
        {
            Spec = new SubjectAccessReviewSpec
            {
                User = request.Spec.Username,
                Uid = request.Spec.Uid,
                Groups = [.. request.Spec.Groups],
                ResourceAttributes = new ResourceAttributes
                {
                    Group = CertificateSigningRequest.Info.Group,
                    Resource = CertificateSigningRequest.Info.Plural,
                    Subresource = subresource,
                    Verb = "create",
                },
            },
        };
        return (await Client.CreateAsync(review, cancellationToken: cancellationToken)).Status.Allowed;
    }
}
