namespace Kobune.ApiServer.Admission;

/// <summary>One step of admission: first all plug-ins may change the object, then all may refuse it. The order is in AdmissionOrder.cs.</summary>
public interface IAdmissionPlugin
{
    string Name { get; }

    /// <summary>May change <see cref="AdmissionContext.Object"/>; may refuse by throwing KubeStatusException.</summary>
    ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Sees the final object, changes nothing; refuses by throwing KubeStatusException.</summary>
    ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
