namespace Kobune.Proxy.Services;

/// <summary>One port of a Service, as chains, hashes and comments name it.</summary>
/// <param name="Protocol">tcp, udp or sctp.</param>
internal readonly record struct ServicePortName(string Namespace, string Name, string Port, string Protocol)
{
    /// <summary><c>namespace/name:port</c>; without the port when it has no name.</summary>
    public override string ToString() => Port.Length == 0 ? $"{Namespace}/{Name}" : $"{Namespace}/{Name}:{Port}";
}
