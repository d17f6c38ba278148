using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Kobune.Client.Streaming;

/// <summary>How a remote command ended: the metav1.Status that its error stream carries.</summary>
public sealed record RemoteCommandStatus
{
    private const string NonZeroExitCode = "NonZeroExitCode";

    /// <summary>The command's exit code; null when it could not be run or its end is not known.</summary>
    public int? ExitCode { get; private init; }

    /// <summary>Empty on success.</summary>
    public string Message { get; private init; } = "";

    /// <summary>metav1.StatusReason; empty on success.</summary>
    public string Reason { get; private init; } = "";

    /// <summary>HTTP code that goes with the failure, or 0.</summary>
    public int Code { get; private init; }

    public bool IsSuccess => ExitCode == 0;

    public static RemoteCommandStatus Success { get; } = new() { ExitCode = 0 };

    public static RemoteCommandStatus Exited(int code) => code == 0 ? Success : new RemoteCommandStatus
    {
        ExitCode = code,
        Reason = NonZeroExitCode,
        Message = string.Create(CultureInfo.InvariantCulture, $"command terminated with non-zero exit code: {code}"),
    };

    /// <summary>The command could not be started, or its end could not be observed.</summary>
    public static RemoteCommandStatus Failed(string message, string reason = "InternalError", int code = 500) =>
        new() { Message = message, Reason = reason, Code = code };

    /// <summary>What the error stream carries for it; nothing for success before v4.</summary>
    public byte[] Write(string protocol) =>
        StreamProtocols.ReportsStatus(protocol) ? WriteJson() : IsSuccess ? [] : Encoding.UTF8.GetBytes(Message);

    private byte[] WriteJson()
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteEndObject();
            json.WriteString("status", IsSuccess ? "Success" : "Failure");
            if (!IsSuccess)
            {
                WriteFailure(json);
            }

            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private void WriteFailure(Utf8JsonWriter json)
    {
        json.WriteString("message", Message);
        json.WriteString("reason", Reason);
        if (ExitCode is { } code)
        {
            json.WriteStartObject("details");
            json.WriteStartArray("causes");
            json.WriteStartObject();
            json.WriteString("reason", "ExitCode");
            json.WriteString("message", code.ToString(CultureInfo.InvariantCulture));
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (Code != 0)
        {
            json.WriteNumber("code", Code);
        }
    }

    /// <summary>Reads what an error stream carried.</summary>
    /// <exception cref="IOException">Nothing, where the protocol promises a Status, or no Status.</exception>
    public static RemoteCommandStatus Read(string protocol, ReadOnlySpan<byte> bytes)
    {
        if (!StreamProtocols.ReportsStatus(protocol))
        {
            return bytes.IsEmpty ? Success : Failed("error executing remote command: " + Encoding.UTF8.GetString(bytes));
        }

        if (bytes.IsEmpty)
        {
            throw new IOException("the connection ended before the exit status");
        }

        try
        {
            var reader = new Utf8JsonReader(bytes);
            using var document = JsonDocument.ParseValue(ref reader);
            return ReadJson(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new IOException("the exit status is not a Status object", e);
        }
    }

    private static RemoteCommandStatus ReadJson(JsonElement status)
    {
        if (Text(status, "status") == "Success")
        {
            return Success;
        }

        var reason = Text(status, "reason");
        int? exitCode = null;
        if (reason == NonZeroExitCode && status.TryGetProperty("details", out var details) && details.TryGetProperty("causes", out var causes))
        {
            foreach (var cause in causes.EnumerateArray().Where(c => Text(c, "reason") == "ExitCode"))
            {
                exitCode = int.Parse(Text(cause, "message"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            }
        }

        var code = status.TryGetProperty("code", out var number) ? number.GetInt32() : 0;
        return new RemoteCommandStatus { ExitCode = exitCode, Reason = reason, Message = Text(status, "message"), Code = code };
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
