using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Kobune.Client.Config;

/// <summary>
/// A command that prints credentials (client.authentication.k8s.io ExecCredential). Its answer is kept until its
/// expirationTimestamp, or until the server refuses it.
/// </summary>
public sealed class ExecCredentialPlugin(
    string command, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment,
    string apiVersion, string? installHint, JsonObject? clusterInfo)
{
    private ExecCredential? _cached;

    /// <summary>The credential to use now; runs the command when none is cached that is still valid.</summary>
    public async ValueTask<ExecCredential> GetAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        if (_cached is { } cached && (cached.Expires is null || cached.Expires > time.GetUtcNow()))
        {
            return cached;
        }

        return _cached = await RunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forgets the cached credential, after a 401.</summary>
    public void Invalidate() => _cached = null;

    private async Task<ExecCredential> RunAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var spec = new JsonObject { ["interactive"] = !Console.IsInputRedirected };
        if (clusterInfo is not null)
        {
            spec["cluster"] = clusterInfo.DeepClone();
        }

        start.Environment["KUBERNETES_EXEC_INFO"] =
            new JsonObject { ["kind"] = "ExecCredential", ["apiVersion"] = apiVersion, ["spec"] = spec }.ToJsonString();
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            var hint = string.IsNullOrEmpty(installHint) ? "" : $"\n\n{installHint}";
            throw new KubeConfigException($"getting credentials: exec: executable {command} not found{hint}");
        }

        using (process)
        {
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return process.ExitCode == 0
                ? Decode(output)
                : throw new KubeConfigException($"getting credentials: exec: executable {command} failed with exit code {process.ExitCode}");
        }
    }

    private static ExecCredential Decode(string output)
    {
        try
        {
            var status = JsonNode.Parse(output)?["status"]
                ?? throw new KubeConfigException("getting credentials: exec plugin didn't return a status field");
            var expires = (string?)status["expirationTimestamp"];
            return new ExecCredential(
                (string?)status["token"], (string?)status["clientCertificateData"], (string?)status["clientKeyData"],
                expires is null ? null : DateTimeOffset.Parse(expires, System.Globalization.CultureInfo.InvariantCulture));
        }
        catch (System.Text.Json.JsonException e)
        {
            throw new KubeConfigException($"getting credentials: decoding stdout: {e.Message}");
        }
    }
}

/// <summary>What an exec plug-in returned: a bearer token, or a client certificate with its key in PEM, or both.</summary>
public sealed record ExecCredential(string? Token, string? ClientCertificatePem, string? ClientKeyPem, DateTimeOffset? Expires);
