using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;

namespace Kobune.Controllers;

/// <summary>Makes Pods from a template.</summary>
internal static class PodFactory
{
    public static Pod FromTemplate(PodTemplateSpec template, KubeObject owner)
    {
        var copy = template.Clone();
        var pod = new Pod { Spec = copy.Spec };
        pod.Metadata.Namespace = owner.Metadata.Namespace;
        pod.Metadata.GenerateName = owner.Metadata.Name + "-";
        pod.Metadata.Labels = copy.Metadata.Labels;
        pod.Metadata.Annotations = copy.Metadata.Annotations;
        pod.Metadata.Finalizers = copy.Metadata.Finalizers;
        pod.Metadata.OwnerReferences = [Owners.Controlled(owner)];
        return pod;
    }
}
