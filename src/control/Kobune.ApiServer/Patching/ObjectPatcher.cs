using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Client;

namespace Kobune.ApiServer.Patching;

/// <summary>Applies JSON patches, merge patches and strategic merge patches to an object's JSON.</summary>
internal sealed class ObjectPatcher : IObjectPatcher
{
    private static readonly JsonDocumentOptions Limits = new() { MaxDepth = 256 };

    public byte[] Patch(PatchKind kind, ResourceInfo resource, ReadOnlyMemory<byte> current, ReadOnlyMemory<byte> patch)
    {
        var document = JsonNode.Parse(current.Span, documentOptions: Limits)!.AsObject();
        try
        {
            var patched = kind switch
            {
                PatchKind.Json => JsonPatch.Apply(document, patch.Span),
                PatchKind.Merge => Merged(document, patch),
                PatchKind.StrategicMerge => StrategicMergePatch.Apply(document, ParseObject(patch), resource.Schema),
                _ => throw new ArgumentOutOfRangeException(nameof(kind)),
            };
            return JsonText.Write(patched ?? throw new PatchException("the patch removes the whole object", PatchFailure.NotApplicable));
        }
        catch (PatchException e)
        {
            throw e.Failure switch
            {
                PatchFailure.Malformed => StatusErrors.BadRequest(e.Message),
                PatchFailure.TooLarge => StatusErrors.RequestEntityTooLarge(e.Message),
                _ => Unprocessable(e.Message),
            };
        }
    }

    private static JsonObject Merged(JsonObject document, ReadOnlyMemory<byte> patch)
    {
        MergePatch.Apply(document, ParseObject(patch));
        return document;
    }

    private static JsonObject ParseObject(ReadOnlyMemory<byte> patch)
    {
        try
        {
            return JsonNode.Parse(patch.Span, documentOptions: Limits) as JsonObject
                ?? throw new PatchException("error decoding patch: a merge patch is an object", PatchFailure.Malformed);
        }
        catch (JsonException e)
        {
            throw new PatchException($"error decoding patch: {e.Message}", PatchFailure.Malformed);
        }
    }

    // Upstream answers 422 with this fixed text; the reason stands in the causes.
    private static KubeStatusException Unprocessable(string why) => new(new()
    {
        Result = "Failure",
        Code = 422,
        Reason = StatusReason.Invalid,
        Message = "the server rejected our request due to an error in our request",
        Details = new() { Causes = { new() { Reason = "UnexpectedServerResponse", Message = why } } },
    });
}
