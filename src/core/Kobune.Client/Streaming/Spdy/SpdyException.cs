namespace Kobune.Client.Streaming;

/// <summary>The peer broke the SPDY protocol, or a stream was refused, or reset while in use.</summary>
public sealed class SpdyException(string message, Exception? inner = null) : IOException(message, inner);
