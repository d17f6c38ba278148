using Kobune.Api;
using Kobune.Client;

namespace Kobune.ApiServer.Patching;

/// <summary>JSON patch (RFC 6902), merge patch (RFC 7386) and strategic merge patch.</summary>
public interface IObjectPatcher
{
    /// <summary>Applies the patch to the object's JSON and returns the new JSON.</summary>
    /// <exception cref="KubeStatusException">400 or 422 when the patch is malformed or does not apply, in upstream's words.</exception>
    byte[] Patch(PatchKind kind, ResourceInfo resource, ReadOnlyMemory<byte> current, ReadOnlyMemory<byte> patch);
}
