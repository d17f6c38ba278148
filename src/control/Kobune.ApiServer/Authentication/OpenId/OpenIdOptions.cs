using System.Security.Cryptography.X509Certificates;

namespace Kobune.ApiServer.Authentication.OpenId;

/// <summary>Which OpenID Connect issuer's ID tokens are users here, and how their claims become names and groups.</summary>
/// <param name="IssuerUrl">https://…; the tokens' <c>iss</c>, and where the discovery document is.</param>
/// <param name="ClientId">Must be among the tokens' audiences.</param>
public sealed record OpenIdOptions(string IssuerUrl, string ClientId)
{
    /// <summary>The claim that is the user's name.</summary>
    public string UsernameClaim { get; init; } = "sub";
    /// <summary>Put before user names, so that an issuer cannot name the cluster's own; null: ISSUER#, and nothing for e-mail addresses; "-": nothing.</summary>
    public string? UsernamePrefix { get; init; }
    /// <summary>The claim that lists the groups, or is the only one; empty: none.</summary>
    public string GroupsClaim { get; init; } = "";
    public string GroupsPrefix { get; init; } = "";
    /// <summary>Claims that a token must have, with these values.</summary>
    public IReadOnlyDictionary<string, string> RequiredClaims { get; init; } = new Dictionary<string, string>();
    /// <summary>Signature algorithms that are accepted.</summary>
    public IReadOnlyList<string> Algorithms { get; init; } = ["RS256"];
    /// <summary>The CA of the issuer's serving certificate; null: those that the machine trusts.</summary>
    public X509Certificate2? Authority { get; init; }

    internal string EffectiveUsernamePrefix => UsernamePrefix switch
    {
        "-" => "",
        { } given => given,
        null => UsernameClaim == "email" ? "" : IssuerUrl + "#",
    };
}
