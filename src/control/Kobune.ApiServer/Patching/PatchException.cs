namespace Kobune.ApiServer.Patching;

/// <summary>Why a patch could not be applied: <see cref="Malformed"/> answers 400, <see cref="NotApplicable"/> 422, <see cref="TooLarge"/> 413.</summary>
internal enum PatchFailure { Malformed, NotApplicable, TooLarge }

/// <summary>A patch that is not well-formed, or does not fit the object.</summary>
internal sealed class PatchException(string message, PatchFailure failure) : Exception(message)
{
    public PatchFailure Failure { get; } = failure;
}
