using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>Service accounts: of the secrets they list only the names count.</summary>
internal sealed class ServiceAccountHooks : TypedHooks<ServiceAccount>
{
    public override bool ReturnsDeletedObject => true;

    protected override void PrepareForCreate(ServiceAccount obj, WriteContext context) => NamesOnly(obj);

    protected override void PrepareForUpdate(ServiceAccount obj, ServiceAccount old, WriteContext context) => NamesOnly(obj);

    private static void NamesOnly(ServiceAccount obj)
    {
        for (var i = 0; i < obj.Secrets.Count; i++)
        {
            obj.Secrets[i] = new ObjectReference { Name = obj.Secrets[i].Name };
        }
    }
}
