using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>Lets Pods stay five minutes on a node that is not ready or not reachable, unless they say otherwise.</summary>
internal sealed class DefaultTolerationSeconds : IAdmissionPlugin
{
    private const long Seconds = 300;
    private static readonly string[] Taints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

    public string Name => "DefaultTolerationSeconds";

    public ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation is AdmissionOperation.Create or AdmissionOperation.Update && context.Is("", "pods") && context.Object is Pod pod)
        {
            var missing = Taints.Where(taint => !pod.Spec.Tolerations.Exists(t => Tolerates(t, taint))).ToList();
            pod.Spec.Tolerations.AddRange(missing.Select(taint =>
                new Toleration { Key = taint, Operator = "Exists", Effect = "NoExecute", TolerationSeconds = Seconds }));
        }

        return ValueTask.CompletedTask;
    }

    private static bool Tolerates(Toleration toleration, string taint) =>
        (toleration.Key.Length == 0 || toleration.Key == taint) && (toleration.Effect.Length == 0 || toleration.Effect == "NoExecute");
}
