namespace Kobune;

/// <summary>Something the person at the terminal can put right; its message is printed as it is, without a stack trace.</summary>
internal sealed class UserErrorException(string message) : Exception(message);
