using System.Text;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs.Create;

/// <summary>kubectl create secret generic, docker-registry and tls.</summary>
internal static class CreateSecret
{
    private static readonly Flag AppendHash = Flag.Bool("append-hash", "Append a hash of the content to the name.");

    public static readonly Command Definition = new("secret", "Create a secret using a specified subcommand")
    {
        Commands =
        [
            new("docker-registry", "Create a secret for use with a Docker registry")
            {
                Usage = "NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source]",
                Examples = """
                    # Credentials for a registry
                    kubectl create secret docker-registry regcred --docker-server=registry.example.com --docker-username=me --docker-password=secret
                    """,
                Flags =
                [
                    AppendHash, Flag.Text("docker-email", "E-mail address for the registry."), Flag.Text("docker-password", "Password for the registry."),
                    Flag.Text("docker-server", "Address of the registry.", value: "https://index.docker.io/v1/"), Flag.Text("docker-username", "User name for the registry."),
                    Flag.List("from-file", "A Docker configuration file."), .. CreateVerb.CommonFlags,
                ],
                Run = DockerRegistryAsync,
            },
            new("generic", "Create a secret from a local file, directory, or literal value")
            {
                Usage = "NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]",
                Examples = """
                    # From values
                    kubectl create secret generic login --from-literal=user=me --from-literal=password=secret
                    """,
                Flags = [AppendHash, .. FileValues.Flags, Flag.Text("type", "The secret's type."), .. CreateVerb.CommonFlags],
                Run = i => CreateVerb.CreateAsync(i, Secret(i, i.Flags.TextOrNull("type"), FileValues.Read(i)), "secret"),
            },
            new("tls", "Create a TLS secret")
            {
                Usage = "NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]",
                Examples = """
                    # From a certificate and its key
                    kubectl create secret tls web-tls --cert=tls.crt --key=tls.key
                    """,
                Flags = [AppendHash, Flag.Text("cert", "File with the PEM certificate."), Flag.Text("key", "File with its PEM key."), .. CreateVerb.CommonFlags],
                Run = TlsAsync,
            },
        ],
    };

    private static JsonObject Secret(Invocation i, string? type, IEnumerable<KeyValuePair<string, byte[]>> values)
    {
        var obj = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Secret", ["metadata"] = CreateVerb.Metadata(CreateVerb.Name(i)) };
        var data = new JsonObject(values.Select(v => KeyValuePair.Create(v.Key, (JsonNode?)Convert.ToBase64String(v.Value))));
        if (data.Count > 0)
        {
            obj["data"] = data;
        }

        if (type is not null)
        {
            obj["type"] = type;
        }

        return obj;
    }

    private static Task<int> DockerRegistryAsync(Invocation i)
    {
        byte[] config;
        if (i.Flags.List("from-file") is [var file, ..])
        {
            config = File.ReadAllBytes(file[(file.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        }
        else
        {
            var (user, password) = (i.Flags.Text("docker-username"), i.Flags.Text("docker-password"));
            if (user.Length == 0 || password.Length == 0)
            {
                throw new CommandException("either --from-file or the combination of --docker-username, --docker-password and --docker-server is required");
            }

            var entry = new JsonObject { ["username"] = user, ["password"] = password };
            if (i.Flags.TextOrNull("docker-email") is { } email)
            {
                entry["email"] = email;
            }

            entry["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
            config = Encoding.UTF8.GetBytes(GoOrder(i.Flags.Text("docker-server"), entry));
        }

        return CreateVerb.CreateAsync(i, Secret(i, "kubernetes.io/dockerconfigjson", [new(".dockerconfigjson", config)]), "secret");
    }

    /// <summary>The fields in the order of the type that kubectl writes, not by name.</summary>
    private static string GoOrder(string server, JsonObject entry) =>
        "{\"auths\":{" + GoJson.Compact(JsonValue.Create(server)) + ":{" + string.Join(',', entry.Select(e => $"\"{e.Key}\":{GoJson.Compact(e.Value)}")) + "}}}";

    private static Task<int> TlsAsync(Invocation i)
    {
        var (certificate, key) = (i.Flags.Text("cert"), i.Flags.Text("key"));
        if (certificate.Length == 0 || key.Length == 0)
        {
            throw new CommandException("key and cert must be specified");
        }

        foreach (var path in new[] { certificate, key }.Where(p => !File.Exists(p)))
        {
            throw new CommandException($"open {path}: no such file or directory");
        }

        try
        {
            using var pair = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            throw new CommandException($"tls: failed to find any PEM data in certificate or key input: {e.Message}");
        }

        return CreateVerb.CreateAsync(
            i, Secret(i, "kubernetes.io/tls", [new("tls.crt", File.ReadAllBytes(certificate)), new("tls.key", File.ReadAllBytes(key))]), "secret");
    }
}
