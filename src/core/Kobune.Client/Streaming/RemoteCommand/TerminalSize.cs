using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kobune.Client.Streaming;

/// <summary>The size of a terminal in character cells.</summary>
public readonly record struct TerminalSize(ushort Width, ushort Height);

[JsonSerializable(typeof(TerminalSize))]
internal sealed partial class TerminalSizeJson : JsonSerializerContext
{
    /// <summary>As kubectl writes it: <c>{"Width":80,"Height":24}</c> and a line break.</summary>
    public static byte[] Write(TerminalSize size) => [.. JsonSerializer.SerializeToUtf8Bytes(size, Default.TerminalSize), (byte)'\n'];
}
