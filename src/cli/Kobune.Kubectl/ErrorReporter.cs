using System.Net.Sockets;
using System.Security.Authentication;
using Kobune.Api;
using Kobune.Client.Config;
using Kobune.Client.Streaming;
using Kobune.Client.Yaml;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;

namespace Kobune.Kubectl;

/// <summary>Failures in kubectl's words.</summary>
internal static class ErrorReporter
{
    /// <summary>The message for an exception that is an expected failure; null for a bug, which is to crash.</summary>
    public static string? Describe(Exception e, Command command) => e switch
    {
        CommandException { Verbatim: true } => e.Message,
        CommandException { ShowUsageHint: true } => $"error: {e.Message}\nSee '{command.FullName} --help' for usage.",
        CommandException or KubeConfigException or Kobune.Api.JsonPaths.JsonPathException or YamlSyntaxException => "error: " + e.Message,
        KubeStatusException status => DescribeStatus(status, ""),
        SourcedStatusException sourced => DescribeStatus(sourced.Status, sourced.Prefix + ": "),
        AggregateException many => string.Join('\n', many.InnerExceptions.Select(i => Describe(i, command) ?? i.ToString())),
        HttpRequestException request => DescribeConnection(request),
        UpgradeRefusedException refused => $"error: unable to upgrade connection: {refused.Body.Trim()}",
        SocketException socket => $"error: {socket.Message}",
        TimeoutException timeout => "Unable to connect to the server: " + timeout.Message,
        IOException or UnauthorizedAccessException => "error: " + e.Message,
        _ => null,
    };

    public static string DescribeStatus(KubeStatusException e, string prefix)
    {
        var status = e.Status;
        if (status.Reason == "Invalid")
        {
            return DescribeInvalid(e);
        }

        return status.Reason switch
        {
            "Unauthorized" => $"error: You must be logged in to the server ({prefix}{status.Message})",
            "" => $"Error from server: {prefix}{status.Message}",
            _ => $"Error from server ({status.Reason}): {prefix}{status.Message}",
        };
    }

    private static string DescribeInvalid(KubeStatusException e)
    {
        var status = e.Status;
        if (status.Details is not { } details)
        {
            return $"The request is invalid: {status.Message}";
        }

        var subject = details.Kind.Length > 0 || details.Name.Length > 0
            ? $"The {details.Kind} {GoText.Quote(details.Name)} is invalid"
            : details.Causes.Count == 0 ? $"The request is invalid: {status.Message}" : "The request is invalid";
        var causes = details.Causes.Select(c => $"{c.Field}: {c.Message}").Distinct().ToArray();
        return causes.Length switch
        {
            0 => subject,
            1 => $"{subject}: {causes[0]}",
            _ => $"{subject}: \n" + string.Join('\n', causes.Select(c => "* " + c)),
        };
    }

    private static string DescribeConnection(HttpRequestException e)
    {
        for (Exception? inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return $"The connection to the server {Host(e)} was refused - did you specify the right host or port?";
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }:
                    return $"Unable to connect to the server: dial tcp: lookup {Host(e).Split(':')[0]}: no such host";
                case SocketException { SocketErrorCode: SocketError.TimedOut }:
                    return $"Unable to connect to the server: dial tcp {Host(e)}: i/o timeout";
                case SocketException { SocketErrorCode: SocketError.HostUnreachable or SocketError.NetworkUnreachable } socket:
                    return $"Unable to connect to the server: dial tcp {Host(e)}: connect: {(socket.SocketErrorCode == SocketError.HostUnreachable ? "no route to host" : "network is unreachable")}";
                case AuthenticationException tls:
                    return $"Unable to connect to the server: tls: failed to verify certificate: x509: {Reason(tls)}";
            }
        }

        return "Unable to connect to the server: " + (e.InnerException?.Message ?? e.Message);
    }

    private static string Reason(AuthenticationException e) =>
        e.Message.Contains("PartialChain", StringComparison.Ordinal) || e.Message.Contains("UntrustedRoot", StringComparison.Ordinal)
            ? "certificate signed by unknown authority"
            : e.Message.Contains("NotTimeValid", StringComparison.Ordinal) ? "certificate has expired or is not yet valid"
            : e.Message.Contains("NameMismatch", StringComparison.Ordinal) ? "certificate is not valid for this host name"
            : e.Message;

    /// <summary>The transport names the host in the message of the refused connection: "… (127.0.0.1:6443)".</summary>
    private static string Host(HttpRequestException e)
    {
        var open = e.Message.LastIndexOf('(');
        return open >= 0 ? e.Message[(open + 1)..].TrimEnd(')') : "";
    }
}
