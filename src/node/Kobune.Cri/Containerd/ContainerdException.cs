namespace Kobune.Cri.Containerd;

/// <summary>The private containerd could not be started, or a tool of its package failed; the message quotes its output.</summary>
public sealed class ContainerdException(string message) : Exception(message);
