using Kobune.Api;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>How plug-ins refuse a request: 403 with the object's name and the reason.</summary>
internal static class Refusal
{
    public static KubeStatusException Forbid(AdmissionContext context, string why) => StatusErrors.Forbidden(context.Resource, NameOf(context), why);

    private static string NameOf(AdmissionContext context) =>
        context.Name.Length > 0 ? context.Name
        : context.Object?.Metadata is not { } meta ? "Unknown!"
        : meta.Name.Length > 0 ? meta.Name
        : meta.GenerateName.Length > 0 ? meta.GenerateName : "Unknown!";
}
