namespace Kobune.ApiServer.Validation;

/// <summary>What a name may look like.</summary>
public enum NameRule
{
    /// <summary>RFC 1123 subdomain: most kinds.</summary>
    DnsSubdomain,
    /// <summary>RFC 1123 label: namespaces.</summary>
    DnsLabel,
    /// <summary>RFC 1035 label: services.</summary>
    Dns1035Label,
    /// <summary>Anything that can stand in a path: RBAC objects, events.</summary>
    PathSegment,
}
