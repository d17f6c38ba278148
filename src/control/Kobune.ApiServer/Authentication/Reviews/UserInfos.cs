namespace Kobune.ApiServer.Authentication.Reviews;

/// <summary>Users as the API shows them.</summary>
internal static class UserInfos
{
    public static Kobune.Api.Authentication.V1.UserInfo ToApi(UserInfo user)
    {
        var result = new Kobune.Api.Authentication.V1.UserInfo { Username = user.Name, Uid = user.Uid ?? "", Groups = [.. user.Groups] };
        foreach (var (key, values) in user.Extra)
        {
            result.Extra[key] = [.. values];
        }
        return result;
    }
}
