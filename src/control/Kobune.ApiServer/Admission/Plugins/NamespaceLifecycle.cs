using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>Nothing is created in a namespace that does not exist or is going away, and the system's own namespaces stay.</summary>
internal sealed class NamespaceLifecycle(ApiServerServices services) : IAdmissionPlugin
{
    private static readonly string[] Immortal = ["default", "kube-public", "kube-system"];

    public string Name => "NamespaceLifecycle";

    public async ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        var isNamespace = context.Resource is { Group: "", Plural: "namespaces" };
        if (context.Operation == AdmissionOperation.Delete && isNamespace && Immortal.Contains(context.Name))
        {
            throw Refusal.Forbid(context, "this namespace may not be deleted");
        }

        if (isNamespace || context.Namespace.Length == 0 || context.Operation is AdmissionOperation.Delete or AdmissionOperation.Connect
            || context.Resource is { Group: "authorization.k8s.io", Plural: "localsubjectaccessreviews" })
        {
            return;
        }

        var ns = await services.Objects.FindAsync<Namespace>(null, context.Namespace, cancellationToken).ConfigureAwait(false)
            ?? throw StatusErrors.NotFound("", "namespaces", context.Namespace);
        if (context.Operation == AdmissionOperation.Create && ns.Status.Phase == "Terminating")
        {
            throw Terminating(context);
        }
    }

    private static KubeStatusException Terminating(AdmissionContext context)
    {
        var refusal = Refusal.Forbid(context, $"unable to create new content in namespace {context.Namespace} because it is being terminated");
        refusal.Status.Details!.Causes =
        [
            new StatusCause { Reason = "NamespaceTerminating", Message = $"namespace {context.Namespace} is being terminated", Field = "metadata.namespace" },
        ];
        return refusal;
    }
}
