namespace Kobune.ApiServer.Authorization;

public enum Decision { NoOpinion, Allow, Deny }

/// <summary>Decides whether a user may do something. Several are asked in order until one allows or denies; silence means forbidden.</summary>
public interface IAuthorizer
{
    ValueTask<(Decision Decision, string Reason)> AuthorizeAsync(RequestAttributes attributes, CancellationToken cancellationToken);
}
