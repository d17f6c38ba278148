using System.Security.Cryptography.X509Certificates;
using Kobune.ApiServer;
using Kobune.ApiServer.Audit;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authentication.OpenId;
using Kobune.ApiServer.Encryption;
using Microsoft.Extensions.Logging;

namespace Kobune.Hosting;

/// <summary>Reads the files that <see cref="ApiServerSettings"/> names.</summary>
internal static class ApiServerExtras
{
    /// <summary>The options with audit log and encryption, and with the further authenticators around those that are there already.</summary>
    /// <exception cref="UserErrorException">A file is not what it should be.</exception>
    public static ApiServerOptions With(this ApiServerOptions options, ApiServerSettings settings, TimeProvider time, ILoggerFactory loggers)
    {
        try
        {
            var proxy = settings.RequestheaderClientCaFile is { } ca
                ? new FrontProxyAuthenticator(new FrontProxyOptions(X509CertificateLoader.LoadCertificateFromFile(ca), settings.RequestheaderAllowedNames))
                : null;
            var tokens = settings.TokenAuthFile is { } file ? new StaticTokenAuthenticator(TokenFile.Parse(File.ReadAllText(file))) : null;
            var openId = settings.OidcIssuerUrl is null ? null : new OpenIdAuthenticator(OpenId(settings), time, loggers);
            // A proxy's certificate means nothing to the authenticator of clients, and a wrong token ends at the last one.
            var basic = options.Authenticators;
            return options with
            {
                Authenticators = services => [.. new IAuthenticator?[] { proxy, tokens, openId }.OfType<IAuthenticator>(), .. basic(services)],
                Encryption = settings.EncryptionProviderConfig is { } encryption ? EncryptionConfiguration.Parse(File.ReadAllText(encryption), time) : null,
                Audit = settings is { AuditPolicyFile: { } policy, AuditLogPath: { } log }
                    ? new AuditOptions(AuditPolicy.Parse(File.ReadAllText(policy)), log) { MaxBytes = (long)settings.AuditLogMaxSize << 20, MaxBackups = settings.AuditLogMaxBackup, MaxAgeDays = settings.AuditLogMaxAge }
                    : null,
            };
        }
        catch (Exception e) when (e is FormatException or ArgumentException or IOException or System.Security.Cryptography.CryptographicException)
        {
            throw new UserErrorException(e.Message);
        }
    }

    private static OpenIdOptions OpenId(ApiServerSettings settings) => new(settings.OidcIssuerUrl!, settings.OidcClientId!)
    {
        UsernameClaim = settings.OidcUsernameClaim,
        UsernamePrefix = settings.OidcUsernamePrefix,
        GroupsClaim = settings.OidcGroupsClaim ?? "",
        GroupsPrefix = settings.OidcGroupsPrefix ?? "",
        Authority = settings.OidcCaFile is { } ca ? X509CertificateLoader.LoadCertificateFromFile(ca) : null,
        RequiredClaims = settings.OidcRequiredClaims.Select(c => c.Split('=', 2)).ToDictionary(c => c[0], c => c.Length == 2 ? c[1] : throw new FormatException($"--oidc-required-claim: \"{c[0]}\" is not claim=value"), StringComparer.Ordinal),
    };
}
