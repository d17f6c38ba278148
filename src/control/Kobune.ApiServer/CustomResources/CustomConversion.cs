using System.Text;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.CustomResources;

/// <summary>
/// Between the versions of one custom resource. With strategy None objects only change their apiVersion; with strategy
/// Webhook somebody else is asked, which takes time: readers call <see cref="CustomVersion.NeedsConversion"/> first and
/// have the registry prepare what needs it.
/// </summary>
internal sealed class CustomConversion(CustomResourceDefinition definition) : IVersionConverter
{
    private readonly CustomResourceConversion? conversion = definition.Spec.Conversion;

    public string DefinitionName => definition.Metadata.Name;
    public WebhookConversion? Webhook => IsWebhook ? conversion!.Webhook : null;
    public bool IsWebhook => conversion?.Strategy == "Webhook";

    /// <summary>Set once the versions are made: the one in which objects are stored.</summary>
    public ResourceInfo Storage { get; set; } = null!;

    /// <summary>Set once the versions are made: the one that requests are about.</summary>
    public ResourceInfo Served { get; set; } = null!;

    public KubeObject FromStorage(KubeObject stored) => FromStored((DynamicObject)stored, Served);

    public KubeObject ToStorage(KubeObject served) => ((DynamicObject)served).As(Storage);

    /// <summary>An object from the store in the wanted version, sharing its content.</summary>
    /// <exception cref="KubeStatusException">500 when only a webhook could tell.</exception>
    public DynamicObject FromStored(DynamicObject stored, ResourceInfo wanted)
    {
        var written = stored.WrittenApiVersion.Length == 0 ? stored.ApiVersion : stored.WrittenApiVersion;
        return !IsWebhook || written == wanted.ApiVersion
            ? stored.As(wanted)
            : throw StatusErrors.InternalError($"{DefinitionName}: an object in {written} was not converted to {wanted.ApiVersion}");
    }

    /// <summary>Whether the JSON, which our writer made, says this version.</summary>
    public static bool IsWrittenAs(ReadOnlySpan<byte> json, ResourceInfo info)
    {
        var head = json[..ObjectBytes.MetadataOffset(json)];
        return head.IndexOf(Encoding.UTF8.GetBytes($"\"apiVersion\":\"{info.ApiVersion}\"")) >= 0;
    }
}
