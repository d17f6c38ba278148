namespace Kobune.Api;

/// <summary>The text is not the object it claims to be. The message is worded as the reference implementation's.</summary>
public sealed class KubeDecodeException(string message, Exception? inner = null) : Exception(message, inner);
