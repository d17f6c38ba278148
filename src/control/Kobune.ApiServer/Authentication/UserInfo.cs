namespace Kobune.ApiServer.Authentication;

/// <summary>Who makes a request, as authentication found out (or as impersonation pretends).</summary>
public sealed record UserInfo(string Name, string? Uid, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, IReadOnlyList<string>> Extra)
{
    public const string Masters = "system:masters";
    public const string Authenticated = "system:authenticated";
    public const string Unauthenticated = "system:unauthenticated";

    private static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> NoExtra = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The server's own identity for what it does on nobody's behalf.</summary>
    public static UserInfo Server { get; } = Of("system:apiserver", Masters);

    /// <summary>Requests that carry no credentials.</summary>
    public static UserInfo Anonymous { get; } = new("system:anonymous", null, [Unauthenticated], NoExtra);

    /// <summary>A user in the given groups; system:authenticated is added.</summary>
    public static UserInfo Of(string name, params string[] groups) => new(name, null, [.. groups, Authenticated], NoExtra);
}
