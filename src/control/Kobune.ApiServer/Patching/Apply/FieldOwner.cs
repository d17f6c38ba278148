namespace Kobune.ApiServer.Patching.Apply;

/// <summary>Who owns fields: a manager, by one kind of operation, in one version of the API, on the object or one of its subresources.</summary>
/// <param name="Operation"><see cref="ApplyOperation"/> or <see cref="UpdateOperation"/>.</param>
internal sealed record FieldOwner(string Manager, string Operation, string ApiVersion, string Subresource = "")
{
    public const string ApplyOperation = "Apply";
    public const string UpdateOperation = "Update";

    public bool Applies => Operation == ApplyOperation;

    /// <summary>How conflict messages name it: <c>"kubectl-edit" using apps/v1</c>; appliers are the same in all versions: <c>"helm"</c>.</summary>
    public override string ToString() =>
        $"\"{Manager}\"" + (Subresource.Length == 0 ? "" : $" with subresource \"{Subresource}\"") + (Applies ? "" : $" using {ApiVersion}");
}
