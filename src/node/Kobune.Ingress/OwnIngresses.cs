using Kobune.Api.Networking.V1;
using Kobune.Runtime;

namespace Kobune.Ingress;

/// <summary>
/// Which Ingresses this controller serves: those of a class whose controller is k8s.io/ingress-nginx, those with the old
/// annotation «nginx», and, as in minikube's addon, those that name no class at all.
/// </summary>
internal sealed class OwnIngresses(ILister<Api.Networking.V1.Ingress> ingresses, ILister<IngressClass> classes)
{
    public const string Controller = "k8s.io/ingress-nginx";
    private const string ClassAnnotation = "kubernetes.io/ingress.class";

    public IReadOnlyList<Api.Networking.V1.Ingress> List() => [.. ingresses.List().Where(IsOurs)];

    public bool IsOurs(Api.Networking.V1.Ingress ingress)
    {
        if (ingress.Metadata.DeletionTimestamp is not null)
        {
            return false;
        }
        if (ingress.Spec.IngressClassName is { Length: > 0 } name)
        {
            return classes.Get("", name)?.Spec.Controller == Controller;
        }
        return !ingress.Metadata.Annotations.TryGetValue(ClassAnnotation, out var old) || old is "nginx" or "";
    }
}
