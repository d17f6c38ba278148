namespace Kobune.Kubelet.Configuration;

/// <summary>A container cannot be configured as its Pod says; the message is what upstream shows with CreateContainerConfigError.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);
