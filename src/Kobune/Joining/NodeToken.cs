namespace Kobune.Joining;

/// <summary>
/// What a node needs to join, in one word: the hash by which it knows the server's authority, and the bootstrap token by which
/// the server knows the node. Written <c>sha256:HEX::ID.SECRET</c>.
/// </summary>
internal sealed record NodeToken(string AuthorityHash, string Bootstrap)
{
    private const string Between = "::";

    /// <summary>null when the text has another form.</summary>
    public static NodeToken? TryParse(string text) =>
        text.Split(Between) is [var hash, var bootstrap] && hash.StartsWith("sha256:", StringComparison.Ordinal) && hash.Length == "sha256:".Length + 64 &&
        bootstrap.Split('.') is [{ Length: 6 }, { Length: 16 }]
            ? new NodeToken(hash, bootstrap)
            : null;

    public override string ToString() => AuthorityHash + Between + Bootstrap;
}
