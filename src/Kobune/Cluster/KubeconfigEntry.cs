using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Kobune.ApiServer.Certificates;
using Kobune.Client.Config;
using Kobune.Hosting;

namespace Kobune.Cluster;

/// <summary>
/// The cluster's context in the user's kubeconfig: $KUBECONFIG, or ~/.kube/config of whoever ran sudo. All else in the
/// file stays as it is.
/// </summary>
internal static class KubeconfigEntry
{
    /// <summary>Writes the context, makes it the current one, and returns the file's path. A copy is kept with the cluster.</summary>
    public static string Write(ClusterPaths paths, ClusterConfig config)
    {
        var pki = new ClusterPki(paths.Pki, TimeProvider.System);
        WriteAdmin(paths.AdminKubeconfig, pki, config.ContextName, config.ApiUrl);
        var file = UserFile();
        if (KubeConfig.Load(file, mayBeAbsent: true).CurrentContext is { Length: > 0 } before && before != config.ContextName)
        {
            File.WriteAllText(paths.ContextBefore, before);
        }
        WriteAdmin(file, pki, config.ContextName, config.ApiUrl);
        GiveToUser(file);
        return file;
    }

    /// <summary>Writes a context of the cluster's administrator into one file, and makes it the current one.</summary>
    public static void WriteAdmin(string file, ClusterPki pki, string context, string url)
    {
        using var admin = pki.Admin();
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(admin)!;
        var cluster = new JsonObject
        {
            ["certificate-authority-data"] = Base64(pki.ClusterAuthority.Pem),
            ["server"] = url,
        };
        var user = new JsonObject
        {
            ["client-certificate-data"] = Base64(admin.ExportCertificatePem()),
            ["client-key-data"] = Base64(key.ExportPkcs8PrivateKeyPem()),
        };
        KubeConfig.Load(file, mayBeAbsent: true).SetCluster(context, cluster, user);
    }

    /// <summary>
    /// Takes the context out again and makes the one current that was so before; a file that then holds nothing, and that up
    /// made, goes too.
    /// </summary>
    public static void Remove(ClusterPaths paths, ClusterConfig config)
    {
        var file = UserFile();
        if (!File.Exists(file))
        {
            return;
        }
        var kubeconfig = KubeConfig.Load(file);
        var wasCurrent = kubeconfig.CurrentContext == config.ContextName;
        kubeconfig.RemoveCluster(config.ContextName);
        if (wasCurrent && File.Exists(paths.ContextBefore) && File.ReadAllText(paths.ContextBefore) is var before && kubeconfig.Names(KubeConfigSection.Contexts).Contains(before))
        {
            kubeconfig.SetCurrentContext(before);
        }
        if (kubeconfig.Names(KubeConfigSection.Contexts).Count == 0
            && kubeconfig.Names(KubeConfigSection.Clusters).Count == 0
            && kubeconfig.Names(KubeConfigSection.Users).Count == 0
            && kubeconfig.CurrentContext.Length == 0)
        {
            File.Delete(file);
            var folder = Path.GetDirectoryName(file)!;
            if (Path.GetFileName(folder) == ".kube" && !Directory.EnumerateFileSystemEntries(folder).Any())
            {
                Directory.Delete(folder);
            }
        }
    }

    private static string UserFile()
    {
        if (Environment.GetEnvironmentVariable("KUBECONFIG") is { Length: > 0 } list)
        {
            return list.Split(Path.PathSeparator)[0];
        }
        return SudoHome() is { } home ? Path.Combine(home, ".kube", "config") : KubeConfig.DefaultPath;
    }

    // Under sudo the file belongs to the person who called it, not to root.
    private static string? SudoHome()
    {
        if (Environment.GetEnvironmentVariable("SUDO_USER") is not { Length: > 0 } user)
        {
            return null;
        }
        return File.ReadLines("/etc/passwd").Select(l => l.Split(':')).FirstOrDefault(f => f.Length > 5 && f[0] == user)?[5];
    }

    private static void GiveToUser(string file)
    {
        if (SudoHome() is null
            || !uint.TryParse(Environment.GetEnvironmentVariable("SUDO_UID"), CultureInfo.InvariantCulture, out var user)
            || !uint.TryParse(Environment.GetEnvironmentVariable("SUDO_GID"), CultureInfo.InvariantCulture, out var group))
        {
            return;
        }
        _ = NativeMethods.ChangeOwner(file, user, group);
        _ = NativeMethods.ChangeOwner(Path.GetDirectoryName(file)!, user, group);
    }

    private static string Base64(string pem) => Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
}
