using Kobune.Api;
using Kobune.Api.Certificates.V1;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authorization;

namespace Kobune.ApiServer.Admission.Plugins.Certificates;

/// <summary>Who approves a certificate needs the verb approve on the signer.</summary>
internal sealed class CertificateApproval(ApiServerServices services) : IAdmissionPlugin
{
    public string Name => "CertificateApproval";

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation == AdmissionOperation.Update && context.Is("certificates.k8s.io", "certificatesigningrequests", "approval")
            && context.OldObject is CertificateSigningRequest old
            && !await Signers.MayAsync(services, context.User, "approve", old.Spec.SignerName, cancellationToken).ConfigureAwait(false))
        {
            throw Refusal.Forbid(context, $"user not permitted to approve requests with signerName \"{old.Spec.SignerName}\"");
        }
    }
}

/// <summary>Who writes a certificate into a request needs the verb sign on the signer.</summary>
internal sealed class CertificateSigning(ApiServerServices services) : IAdmissionPlugin
{
    public string Name => "CertificateSigning";

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation != AdmissionOperation.Update || !context.Is("certificates.k8s.io", "certificatesigningrequests", "status")
            || context.Object is not CertificateSigningRequest obj || context.OldObject is not CertificateSigningRequest old)
        {
            return;
        }

        var sameCertificate = (obj.Status.Certificate ?? []).AsSpan().SequenceEqual(old.Status.Certificate);
        if (sameCertificate && ApiStruct.DeepEquals<CertificateSigningRequestCondition>(obj.Status.Conditions, old.Status.Conditions))
        {
            return;
        }

        if (!await Signers.MayAsync(services, context.User, "sign", old.Spec.SignerName, cancellationToken).ConfigureAwait(false))
        {
            throw Refusal.Forbid(context, $"user not permitted to sign requests with signerName \"{old.Spec.SignerName}\"");
        }
    }
}

/// <summary>Nobody gets a client certificate for the group that is always allowed everything.</summary>
internal sealed class CertificateSubjectRestriction : IAdmissionPlugin
{
    private const string ClientSigner = "kubernetes.io/kube-apiserver-client";

    public string Name => "CertificateSubjectRestriction";

    public ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation == AdmissionOperation.Create && context.Is("certificates.k8s.io", "certificatesigningrequests")
            && context.Object is CertificateSigningRequest { Spec: { SignerName: ClientSigner, Request: { } request } }
            && RequestSubject.Organizations(request).Contains(UserInfo.Masters))
        {
            throw Refusal.Forbid(context, $"use of {ClientSigner} signer with {UserInfo.Masters} group is not allowed");
        }

        return ValueTask.CompletedTask;
    }
}

internal static class Signers
{
    /// <summary>Asks for the signer itself, then for all signers of its domain.</summary>
    public static async ValueTask<bool> MayAsync(ApiServerServices services, UserInfo user, string verb, string signer, CancellationToken cancellationToken)
    {
        foreach (var name in new[] { signer, signer.Split('/')[0] + "/*" })
        {
            var (decision, _) = await services.Authorizer.AuthorizeAsync(
                new RequestAttributes { User = user, Verb = verb, ApiGroup = "certificates.k8s.io", ApiVersion = "*", Resource = "signers", Name = name, IsResourceRequest = true },
                cancellationToken).ConfigureAwait(false);
            if (decision == Decision.Allow)
            {
                return true;
            }
        }

        return false;
    }
}
