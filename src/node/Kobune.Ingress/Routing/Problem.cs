namespace Kobune.Ingress.Routing;

/// <summary>Something of an Ingress that could not be done, for an event.</summary>
internal sealed record Problem(Api.Networking.V1.Ingress Ingress, string Message);
