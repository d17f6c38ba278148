using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>Namespaces: labelled with their name, held by the finalizer "kubernetes" until their content is gone.</summary>
internal sealed class NamespaceHooks : TypedHooks<Namespace>
{
    private const string NameLabel = "kubernetes.io/metadata.name";
    private const string ContentFinalizer = "kubernetes";

    public override NameRule NameRule => NameRule.DnsLabel;

    public override bool HoldsDeletion(KubeObject obj) => ((Namespace)obj).Spec.Finalizers.Count > 0;

    public override void MarkDeleting(KubeObject obj) => ((Namespace)obj).Status.Phase = "Terminating";

    protected override void Default(Namespace obj) => Label(obj);

    protected override void PrepareForCreate(Namespace obj, WriteContext context)
    {
        Label(obj);
        obj.Status = new NamespaceStatus { Phase = "Active" };
        if (!obj.Spec.Finalizers.Contains(ContentFinalizer))
        {
            obj.Spec.Finalizers.Add(ContentFinalizer);
        }
    }

    public override void ValidateSubresourceUpdate(string subresource, KubeObject obj, KubeObject old, FieldErrorList errors) =>
        Finalizers((Namespace)obj, i => FieldPath.New("spec", "finalizers").Index(i), errors);

    protected override void PrepareForUpdate(Namespace obj, Namespace old, WriteContext context)
    {
        Label(obj);
        // Only the finalize subresource, which does not come here, takes them away.
        obj.Spec.Finalizers = [.. old.Spec.Finalizers];
    }

    protected override void Validate(Namespace obj, FieldErrorList errors) => Finalizers(obj, _ => FieldPath.New("spec", "finalizers"), errors);

    protected override void ValidateUpdate(Namespace obj, Namespace old, FieldErrorList errors)
    {
    }

    protected override void ValidateStatusUpdate(Namespace obj, Namespace old, FieldErrorList errors)
    {
        var deleting = obj.Metadata.DeletionTimestamp != null;
        if (obj.Status.Phase != (deleting ? "Terminating" : "Active"))
        {
            errors.Invalid("status.Phase", obj.Status.Phase, deleting ? "may only be 'Terminating' if `deletionTimestamp` is not empty" : "may only be 'Active' if `deletionTimestamp` is empty");
        }
    }

    private static void Finalizers(Namespace obj, Func<int, FieldPath> path, FieldErrorList errors)
    {
        for (var i = 0; i < obj.Spec.Finalizers.Count; i++)
        {
            var name = obj.Spec.Finalizers[i];
            errors.QualifiedName(path(i), name);
            if (!name.Contains('/') && name is not (ContentFinalizer or "orphan" or "foregroundDeletion"))
            {
                errors.Invalid(path(i), name, "name is neither a standard finalizer name nor is it fully qualified");
            }
        }
    }

    private static void Label(Namespace obj)
    {
        if (obj.Metadata.Name.Length > 0)
        {
            obj.Metadata.Labels[NameLabel] = obj.Metadata.Name;
        }
    }
}
