using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.Admission.V1;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Authentication.Reviews;
using Kobune.ApiServer.Registry;
using GroupVersionKind = Kobune.Api.Meta.V1.GroupVersionKind;
using GroupVersionResource = Kobune.Api.Meta.V1.GroupVersionResource;

namespace Kobune.ApiServer.Admission.Dynamic;

/// <summary>A request as webhooks and expressions see it (admission.k8s.io/v1 AdmissionRequest).</summary>
internal static class AdmissionRequests
{
    public static AdmissionRequest Of(AdmissionContext context, ServedResource presented, KubeObject? obj, KubeObject? old, string uid)
    {
        var asked = context.Served!.Info;
        return new AdmissionRequest
        {
            Uid = uid,
            Kind = KindOf(presented.Info, context, obj ?? old),
            Resource = ResourceOf(presented.Info),
            SubResource = context.Subresource,
            RequestKind = KindOf(asked, context, context.Object ?? context.OldObject),
            RequestResource = ResourceOf(asked),
            RequestSubResource = context.Subresource,
            Name = context.Name,
            Namespace = context.Namespace.Length > 0 ? context.Namespace : asked is { Plural: "namespaces", Group: "" } ? context.Name : "",
            Operation = context.Operation.ToString().ToUpperInvariant(),
            UserInfo = UserInfos.ToApi(context.User),
            Object = obj is null ? null : new RawJson(KubeJson.Write(obj)),
            OldObject = old is null ? null : new RawJson(KubeJson.Write(old)),
            DryRun = context.DryRun,
            Options = Options(context),
        };
    }

    private static GroupVersionResource ResourceOf(ResourceInfo info) => new() { Group = info.Group, Version = info.Version, Resource = info.Plural };

    private static GroupVersionKind KindOf(ResourceInfo info, AdmissionContext context, KubeObject? body) => body is not null && context.Subresource is not ("" or "status")
        ? new() { Group = body.Resource.Group, Version = body.Resource.Version, Kind = body.Kind }
        : new() { Group = info.Group, Version = info.Version, Kind = info.Kind };

    private static RawJson? Options(AdmissionContext context)
    {
        if (context.DeleteOptions is { } options)
        {
            var node = JsonNode.Parse(KubeJson.Write(options))!.AsObject();
            node["kind"] = "DeleteOptions";
            node["apiVersion"] = "meta.k8s.io/v1";
            return RawJson.From(node);
        }

        var result = new JsonObject
        {
            ["kind"] = context.Operation switch { AdmissionOperation.Create => "CreateOptions", AdmissionOperation.Update => "UpdateOptions", _ => "" },
            ["apiVersion"] = "meta.k8s.io/v1",
        };
        if (context.Operation == AdmissionOperation.Connect)
        {
            return null;
        }

        if (context.FieldManager.Length > 0)
        {
            result["fieldManager"] = context.FieldManager;
        }

        if (context.DryRun)
        {
            result["dryRun"] = new JsonArray("All");
        }

        return RawJson.From(result);
    }
}
