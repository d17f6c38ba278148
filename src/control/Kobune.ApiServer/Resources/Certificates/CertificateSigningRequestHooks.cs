using Kobune.Api;
using Kobune.Api.Certificates.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Certificates;

internal sealed class CertificateSigningRequestHooks : TypedHooks<CertificateSigningRequest>
{
    private const int MinSeconds = 600;

    private static readonly HashSet<string> Usages = new(StringComparer.Ordinal)
    {
        "signing", "digital signature", "content commitment", "key encipherment", "key agreement", "data encipherment", "cert sign", "crl sign",
        "encipher only", "decipher only", "any", "server auth", "client auth", "code signing", "email protection", "s/mime", "ipsec end system",
        "ipsec tunnel", "ipsec user", "timestamping", "ocsp signing", "microsoft sgc", "netscape sgc",
    };

    // Who asks is what the request's own authentication said, never what the body says.
    protected override void PrepareForCreate(CertificateSigningRequest obj, WriteContext context)
    {
        obj.Spec.Username = context.User.Name;
        obj.Spec.Uid = context.User.Uid ?? "";
        obj.Spec.Groups = [.. context.User.Groups];
        obj.Spec.Extra = context.User.Extra.ToDictionary(e => e.Key, e => e.Value.ToList(), StringComparer.Ordinal);
    }

    protected override void PrepareForUpdate(CertificateSigningRequest obj, CertificateSigningRequest old, WriteContext context) => obj.Spec = old.Spec.Clone();

    // The approval and the status are both written this way.
    protected override void PrepareForStatusUpdate(CertificateSigningRequest obj, CertificateSigningRequest old, WriteContext context)
    {
        foreach (var condition in obj.Status.Conditions)
        {
            var before = old.Status.Conditions.Find(c => c.Type == condition.Type && c.Status == condition.Status && c.Reason == condition.Reason && c.Message == condition.Message);
            condition.LastUpdateTime ??= before?.LastUpdateTime ?? context.Now;
            condition.LastTransitionTime ??= old.Status.Conditions.Find(c => c.Type == condition.Type && c.Status == condition.Status)?.LastTransitionTime ?? context.Now;
        }
    }

    protected override void Validate(CertificateSigningRequest obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        if (spec.Request is not { Length: > 0 } request || !CertificateRequestText.IsPem(request))
        {
            errors.Invalid("spec.request", CertificateRequestText.Show(spec.Request), "PEM block type must be CERTIFICATE REQUEST");
        }

        if (spec.Usages.Count == 0)
        {
            errors.Required("spec.usages");
        }

        for (var i = 0; i < spec.Usages.Count; i++)
        {
            if (!Usages.Contains(spec.Usages[i]))
            {
                errors.NotSupported($"spec.usages[{i}]", spec.Usages[i], Usages.Order(StringComparer.Ordinal));
            }
        }

        var slash = spec.SignerName.IndexOf('/');
        if (spec.SignerName.Length == 0)
        {
            errors.Required("spec.signerName");
        }
        else if (slash <= 0 || slash == spec.SignerName.Length - 1 || !LabelSyntax.IsSubdomain(spec.SignerName[..slash]))
        {
            errors.Invalid("spec.signerName", spec.SignerName, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
        }

        if (spec.ExpirationSeconds < MinSeconds)
        {
            errors.Invalid("spec.expirationSeconds", spec.ExpirationSeconds, "may not specify a duration less than 600 seconds (10 minutes)");
        }
    }

    protected override void ValidateUpdate(CertificateSigningRequest obj, CertificateSigningRequest old, FieldErrorList errors)
    {
    }

    protected override void ValidateStatusUpdate(CertificateSigningRequest obj, CertificateSigningRequest old, FieldErrorList errors)
    {
        var conditions = obj.Status.Conditions;
        for (var i = 0; i < conditions.Count; i++)
        {
            var condition = conditions[i];
            var path = $"status.conditions[{i}]";
            if (condition.Type.Length == 0)
            {
                errors.Required(path + ".type");
            }

            if (condition.Status.Length == 0)
            {
                errors.Required(path + ".status");
            }
            else if (condition.Type is "Approved" or "Denied" or "Failed" && condition.Status != "True")
            {
                errors.NotSupported(path + ".status", condition.Status, "True");
            }

            if ((condition.Type == "Denied" && conditions.Exists(c => c.Type == "Approved")) || (condition.Type == "Approved" && conditions.FindIndex(c => c.Type == "Denied") is >= 0 and var d && d < i))
            {
                errors.Invalid(path + ".type", condition.Type, "Approved and Denied conditions are mutually exclusive");
            }

            if (conditions.FindIndex(c => c.Type == condition.Type) < i)
            {
                errors.Duplicate(path + ".type", condition.Type);
            }
        }

        foreach (var type in new[] { "Approved", "Denied", "Failed" })
        {
            if (old.Status.Conditions.Exists(c => c.Type == type) && !conditions.Exists(c => c.Type == type))
            {
                errors.Forbidden("status.conditions", $"updates may not remove a condition of type \"{type}\"");
            }
        }

        if (old.Status.Certificate is { Length: > 0 } certificate && !certificate.AsSpan().SequenceEqual(obj.Status.Certificate))
        {
            errors.Forbidden("status.certificate", "updates may not set certificate content if existing certificate content is set");
        }
    }
}
