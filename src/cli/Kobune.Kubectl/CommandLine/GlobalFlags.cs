using Kobune.Client.Config;

namespace Kobune.Kubectl.CommandLine;

/// <summary>The flags that every verb takes: which cluster, as whom.</summary>
internal static class GlobalFlags
{
    public static readonly IReadOnlyList<Flag> All =
    [
        Flag.Text("as", "User to act as; a user or a service account."),
        Flag.Array("as-group", "Group to act as; may be repeated."),
        Flag.Text("as-uid", "UID to act as."),
        Flag.Text("cache-dir", "Where discovery results may be kept.", value: "~/.kube/cache"),
        Flag.Text("certificate-authority", "File with the certificate of the authority that signed the server's."),
        Flag.Text("client-certificate", "File with the client certificate."),
        Flag.Text("client-key", "File with the key of the client certificate."),
        Flag.Text("cluster", "Name of the cluster in the kubeconfig."),
        Flag.Text("context", "Name of the context in the kubeconfig."),
        Flag.Bool("disable-compression", "Ask the server for uncompressed answers."),
        Flag.Bool("insecure-skip-tls-verify", "Do not check the server's certificate. Insecure: anyone in between can read and change everything."),
        Flag.Text("kubeconfig", "The kubeconfig file to use."),
        Flag.Bool("match-server-version", "Require the server's version to be that of the client."),
        Flag.Text("namespace", "The namespace of this request.", 'n'),
        Flag.Text("password", "Password for basic authentication."),
        Flag.Text("request-timeout", "How long to wait for one request (1s, 2m, 3h); 0 waits for ever.", value: "0"),
        Flag.Text("server", "Address and port of the API server.", 's'),
        Flag.Text("tls-server-name", "Name to check in the server's certificate instead of the host's."),
        Flag.Text("token", "Bearer token."),
        Flag.Text("user", "Name of the user in the kubeconfig."),
        Flag.Text("username", "Name for basic authentication."),
        new("v", FlagKind.Int, "0", "How much to tell about requests; 6 shows each.", 'v'),
        Flag.Bool("warnings-as-errors", "Treat the server's warnings as errors."),
    ];

    public static ClientConfigOverrides Overrides(FlagValues flags) => new()
    {
        Context = flags.TextOrNull("context"),
        Cluster = flags.TextOrNull("cluster"),
        User = flags.TextOrNull("user"),
        Server = flags.TextOrNull("server"),
        Namespace = flags.TextOrNull("namespace"),
        Token = flags.TextOrNull("token"),
        Username = flags.TextOrNull("username"),
        Password = flags.TextOrNull("password"),
        CertificateAuthority = flags.TextOrNull("certificate-authority"),
        ClientCertificate = flags.TextOrNull("client-certificate"),
        ClientKey = flags.TextOrNull("client-key"),
        InsecureSkipTlsVerify = flags.Changed("insecure-skip-tls-verify") ? flags.Bool("insecure-skip-tls-verify") : null,
        TlsServerName = flags.TextOrNull("tls-server-name"),
        AsUser = flags.TextOrNull("as"),
        AsUid = flags.TextOrNull("as-uid"),
        AsGroups = flags.List("as-group"),
        RequestTimeout = Timeout(flags.Text("request-timeout")),
    };

    private static TimeSpan Timeout(string text) =>
        int.TryParse(text, out var seconds) ? TimeSpan.FromSeconds(seconds)
        : GoDuration.TryParse(text, out var duration) ? duration
        : throw new CommandException("Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)");
}
