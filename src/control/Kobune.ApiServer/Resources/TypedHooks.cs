using Kobune.Api;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources;

/// <summary>Hooks of one kind, without casts in the class that has them.</summary>
internal abstract class TypedHooks<T> : ResourceHooks
    where T : KubeObject
{
    public sealed override void Default(KubeObject obj) => Default((T)obj);
    public sealed override void PrepareForCreate(KubeObject obj, WriteContext context) => PrepareForCreate((T)obj, context);
    public sealed override void PrepareForUpdate(KubeObject obj, KubeObject old, WriteContext context) => PrepareForUpdate((T)obj, (T)old, context);
    public sealed override void PrepareForStatusUpdate(KubeObject obj, KubeObject old, WriteContext context) => PrepareForStatusUpdate((T)obj, (T)old, context);
    public sealed override void Validate(KubeObject obj, FieldErrorList errors) => Validate((T)obj, errors);
    public sealed override void ValidateUpdate(KubeObject obj, KubeObject old, FieldErrorList errors) => ValidateUpdate((T)obj, (T)old, errors);
    public sealed override void ValidateStatusUpdate(KubeObject obj, KubeObject old, FieldErrorList errors) => ValidateStatusUpdate((T)obj, (T)old, errors);
    public sealed override void Warn(KubeObject obj, KubeObject? old, List<string> warnings) => Warn((T)obj, (T?)old, warnings);

    protected virtual void Default(T obj) { }
    protected virtual void PrepareForCreate(T obj, WriteContext context) { }
    protected virtual void PrepareForUpdate(T obj, T old, WriteContext context) { }
    protected virtual void PrepareForStatusUpdate(T obj, T old, WriteContext context) { }
    protected virtual void Validate(T obj, FieldErrorList errors) { }
    protected virtual void ValidateUpdate(T obj, T old, FieldErrorList errors) => Validate(obj, errors);
    protected virtual void ValidateStatusUpdate(T obj, T old, FieldErrorList errors) { }
    protected virtual void Warn(T obj, T? old, List<string> warnings) { }
}
