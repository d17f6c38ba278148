using System.CommandLine;
using Kobune.Hosting;

namespace Kobune.Verbs;

/// <summary>The flags of <c>up</c> and <c>server</c> that set up the API server, under upstream's names.</summary>
internal sealed class ApiServerFlags
{
    private readonly Option<FileInfo?> _auditPolicy = new("--audit-policy-file") { Description = "What the audit log records; without it there is none." };
    private readonly Option<string?> _auditLog = new("--audit-log-path") { Description = "Where the audit log is written." };
    private readonly Option<int?> _auditSize = new("--audit-log-maxsize") { Description = "Megabytes after which the audit log is set aside (100)." };
    private readonly Option<int?> _auditBackups = new("--audit-log-maxbackup") { Description = "How many audit logs set aside are kept (10)." };
    private readonly Option<int?> _auditAge = new("--audit-log-maxage") { Description = "How many days they are kept (30)." };
    private readonly Option<FileInfo?> _encryption = new("--encryption-provider-config") { Description = "How Secrets and others are encrypted at rest." };
    private readonly Option<FileInfo?> _tokens = new("--token-auth-file") { Description = "Static tokens: token,user,uid,\"group,group\" a line." };
    private readonly Option<string?> _issuer = new("--oidc-issuer-url") { Description = "The OpenID Connect issuer whose ID tokens are accepted." };
    private readonly Option<string?> _client = new("--oidc-client-id") { Description = "The audience that such tokens must have." };
    private readonly Option<string?> _username = new("--oidc-username-claim") { Description = "The claim that is the user's name (sub)." };
    private readonly Option<string?> _usernamePrefix = new("--oidc-username-prefix") { Description = "Put before user names; - for nothing (ISSUER#)." };
    private readonly Option<string?> _groups = new("--oidc-groups-claim") { Description = "The claim that lists the user's groups." };
    private readonly Option<string?> _groupsPrefix = new("--oidc-groups-prefix") { Description = "Put before groups." };
    private readonly Option<FileInfo?> _issuerCa = new("--oidc-ca-file") { Description = "The CA of the issuer's certificate." };
    private readonly Option<string[]> _claims = new("--oidc-required-claim") { Description = "claim=value that a token must have; may be repeated." };
    private readonly Option<FileInfo?> _proxyCa = new("--requestheader-client-ca-file") { Description = "The CA of front proxies' client certificates." };
    private readonly Option<string[]> _proxyNames = new("--requestheader-allowed-names") { Description = "Common names of front proxies; none: all of that CA." };

    public IEnumerable<Option> All =>
        [_auditPolicy, _auditLog, _auditSize, _auditBackups, _auditAge, _encryption, _tokens, _issuer, _client, _username, _usernamePrefix, _groups, _groupsPrefix, _issuerCa, _claims, _proxyCa, _proxyNames];

    /// <summary>Whether any of them is given.</summary>
    public bool AnyIn(ParseResult result) => All.Any(o => result.GetResult(o) is { Implicit: false });

    /// <exception cref="UserErrorException">A file does not exist, or flags that belong together are not all there.</exception>
    public ApiServerSettings Read(ParseResult result)
    {
        var defaults = new ApiServerSettings();
        var settings = new ApiServerSettings
        {
            AuditPolicyFile = Existing(result, _auditPolicy),
            AuditLogPath = result.GetValue(_auditLog) is { } log and not "-" ? Path.GetFullPath(log) : result.GetValue(_auditLog),
            AuditLogMaxSize = result.GetValue(_auditSize) ?? defaults.AuditLogMaxSize,
            AuditLogMaxBackup = result.GetValue(_auditBackups) ?? defaults.AuditLogMaxBackup,
            AuditLogMaxAge = result.GetValue(_auditAge) ?? defaults.AuditLogMaxAge,
            EncryptionProviderConfig = Existing(result, _encryption),
            TokenAuthFile = Existing(result, _tokens),
            OidcIssuerUrl = result.GetValue(_issuer),
            OidcClientId = result.GetValue(_client),
            OidcUsernameClaim = result.GetValue(_username) ?? defaults.OidcUsernameClaim,
            OidcUsernamePrefix = result.GetValue(_usernamePrefix),
            OidcGroupsClaim = result.GetValue(_groups),
            OidcGroupsPrefix = result.GetValue(_groupsPrefix),
            OidcCaFile = Existing(result, _issuerCa),
            OidcRequiredClaims = result.GetValue(_claims) ?? [],
            RequestheaderClientCaFile = Existing(result, _proxyCa),
            RequestheaderAllowedNames = result.GetValue(_proxyNames) ?? [],
        };
        if (settings.AuditPolicyFile is null != settings.AuditLogPath is null)
        {
            throw new UserErrorException("--audit-policy-file and --audit-log-path belong together: one says what is recorded, the other where");
        }

        return settings.OidcIssuerUrl is null == settings.OidcClientId is null
            ? settings
            : throw new UserErrorException("--oidc-issuer-url and --oidc-client-id belong together");
    }

    private static string? Existing(ParseResult result, Option<FileInfo?> option) => result.GetValue(option) switch
    {
        null => null,
        { Exists: true } file => file.FullName,
        { } missing => throw new UserErrorException($"{option.Name}: there is no file {missing.FullName}"),
    };
}
