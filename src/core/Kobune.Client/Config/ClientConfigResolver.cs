using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Kobune.Client.Config;

/// <summary>Turns a kubeconfig and the command line's overrides into what a connection needs. File names in it are relative to its file.</summary>
public static class ClientConfigResolver
{
    /// <summary>The context's cluster and user; without any kubeconfig, the in-cluster account, else http://localhost:8080 as kubectl does.</summary>
    /// <exception cref="KubeConfigException">The context, cluster or user named does not exist, or its data cannot be read.</exception>
    public static ClientConfig Resolve(KubeConfig kubeConfig, ClientConfigOverrides? overrides = null)
    {
        overrides ??= new ClientConfigOverrides();
        var contextName = overrides.Context ?? kubeConfig.CurrentContext;
        var context = kubeConfig.Find(KubeConfigSection.Contexts, contextName);
        if (context is null && !string.IsNullOrEmpty(contextName))
        {
            throw new KubeConfigException(overrides.Context is null
                ? $"Error in configuration: context was not found for specified context: {contextName}"
                : $"context \"{contextName}\" does not exist");
        }

        var clusterName = overrides.Cluster ?? Text(context, "cluster") ?? "";
        var userName = overrides.User ?? Text(context, "user") ?? "";
        var cluster = kubeConfig.Find(KubeConfigSection.Clusters, clusterName);
        if (cluster is null && overrides.Cluster is not null)
        {
            throw new KubeConfigException($"cluster \"{clusterName}\" does not exist");
        }

        var user = kubeConfig.Find(KubeConfigSection.Users, userName);
        if (user is null && overrides.User is not null)
        {
            throw new KubeConfigException($"auth info \"{userName}\" does not exist");
        }

        if (cluster is null && overrides.Server is null && InClusterConfig.TryLoad() is { } inCluster)
        {
            return inCluster with { Namespace = overrides.Namespace ?? inCluster.Namespace };
        }

        return Build(
            overrides, contextName, context,
            cluster, kubeConfig.FileOf(KubeConfigSection.Clusters, clusterName).Path,
            user, kubeConfig.FileOf(KubeConfigSection.Users, userName).Path);
    }

    private static ClientConfig Build(
        ClientConfigOverrides o, string contextName, JsonObject? context,
        JsonObject? cluster, string clusterFile, JsonObject? user, string userFile)
    {
        var authority = o.CertificateAuthority is { } path
            ? ReadFile(path, "certificate-authority")
            : Data(cluster, "certificate-authority", clusterFile);
        var server = ParseServer(o.Server ?? Text(cluster, "server") ?? "http://localhost:8080");
        var insecure = o.InsecureSkipTlsVerify ?? Flag(cluster, "insecure-skip-tls-verify");
        if (insecure && authority is not null && o.InsecureSkipTlsVerify is null)
        {
            throw new KubeConfigException("specifying a root certificates file with the insecure flag is not allowed");
        }

        return new ClientConfig
        {
            Server = server,
            ContextName = contextName,
            Namespace = o.Namespace ?? NonEmpty(Text(context, "namespace")) ?? "default",
            CertificateAuthorities = authority is null ? null : Certificates(authority),
            InsecureSkipTlsVerify = insecure,
            TlsServerName = o.TlsServerName ?? NonEmpty(Text(cluster, "tls-server-name")),
            ClientCertificate = ClientCertificate(o, user, userFile),
            Token = o.Token ?? NonEmpty(Text(user, "token")),
            TokenFile = o.Token is null && Text(user, "tokenFile") is { Length: > 0 } file ? Absolute(file, userFile) : null,
            Username = o.Username ?? NonEmpty(Text(user, "username")),
            Password = o.Password ?? NonEmpty(Text(user, "password")),
            ExecPlugin = o.Token is null ? ExecPlugin(user?["exec"] as JsonObject, userFile, server, authority) : null,
            Impersonate = Impersonation(o, user),
            RequestTimeout = o.RequestTimeout,
        };
    }

    private static Impersonation? Impersonation(ClientConfigOverrides o, JsonObject? user)
    {
        var name = o.AsUser ?? NonEmpty(Text(user, "as"));
        var groups = o.AsGroups.Count > 0 ? o.AsGroups : Strings(user?["as-groups"]);
        if (name is null && (groups.Count > 0 || o.AsUid is not null))
        {
            throw new KubeConfigException("requesting uid, groups or user-extra without impersonating a user");
        }

        return name is null ? null : new Impersonation(name, groups, o.AsUid ?? Text(user, "as-uid"));
    }

    private static Uri ParseServer(string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(full.TrimEnd('/') + "/", UriKind.Absolute, out var uri)
            ? uri
            : throw new KubeConfigException($"Error in configuration: invalid server address \"{text}\"");
    }

    private static X509Certificate2? ClientCertificate(ClientConfigOverrides o, JsonObject? user, string file)
    {
        var certificate = o.ClientCertificate is { } c ? ReadFile(c, "client-cert") : Data(user, "client-certificate", file);
        var key = o.ClientKey is { } k ? ReadFile(k, "client-key") : Data(user, "client-key", file);
        if (certificate is null && key is null)
        {
            return null;
        }

        if (certificate is null || key is null)
        {
            throw new KubeConfigException(certificate is null
                ? "Error in configuration: client-cert-data or client-cert must be specified for the user to use the clientCert authentication method."
                : "Error in configuration: client-key-data or client-key must be specified for the user to use the clientCert authentication method.");
        }

        try
        {
            return X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key));
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            throw new KubeConfigException($"tls: failed to read the client certificate or its key: {e.Message}");
        }
    }

    private static ExecCredentialPlugin? ExecPlugin(JsonObject? exec, string file, Uri server, byte[]? authority)
    {
        if (exec is null)
        {
            return null;
        }

        var command = Text(exec, "command") ?? "";
        if (command.Contains('/', StringComparison.Ordinal))
        {
            command = Absolute(command, file);
        }

        var environment = (exec["env"] as JsonArray ?? []).OfType<JsonObject>()
            .ToDictionary(e => Text(e, "name") ?? "", e => Text(e, "value") ?? "");
        var info = Flag(exec, "provideClusterInfo")
            ? new JsonObject
            {
                ["server"] = server.ToString().TrimEnd('/'),
                ["certificate-authority-data"] = authority is null ? null : Convert.ToBase64String(authority),
            }
            : null;
        return new ExecCredentialPlugin(
            command, Strings(exec["args"]), environment,
            Text(exec, "apiVersion") ?? "client.authentication.k8s.io/v1", Text(exec, "installHint"), info);
    }

    internal static X509Certificate2Collection Certificates(byte[] pem)
    {
        var collection = new X509Certificate2Collection();
        try
        {
            collection.ImportFromPem(Encoding.UTF8.GetString(pem));
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            // The message below says what is wrong in kubectl's words.
        }

        return collection.Count > 0
            ? collection
            : throw new KubeConfigException("unable to load root certificates: unable to parse bytes as PEM block");
    }

    /// <summary>The inline "NAME-data" (base64), else the content of the file that "NAME" points to, else null.</summary>
    private static byte[]? Data(JsonObject? holder, string name, string configFile)
    {
        if (NonEmpty(Text(holder, name + "-data")) is { } data)
        {
            try
            {
                return Convert.FromBase64String(data);
            }
            catch (FormatException)
            {
                throw new KubeConfigException($"error loading config file \"{configFile}\": illegal base64 data in {name}-data");
            }
        }

        return NonEmpty(Text(holder, name)) is { } path ? ReadFile(Absolute(path, configFile), name) : null;
    }

    private static byte[] ReadFile(string path, string what)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = e is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : e.Message;
            throw new KubeConfigException($"unable to read {what} {path}: open {path}: {reason}");
        }
    }

    private static string Absolute(string path, string configFile) =>
        Path.IsPathRooted(path) ? path : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(configFile)) ?? "", path);

    private static string? Text(JsonObject? holder, string name) => holder is null ? null : KubeConfigFile.Text(holder[name]);

    private static bool Flag(JsonObject? holder, string name) => Text(holder, name) is "true" or "True";

    private static IReadOnlyList<string> Strings(JsonNode? node) =>
        node is JsonArray array ? array.Select(i => KubeConfigFile.Text(i) ?? "").ToArray() : [];

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
