using Kobune.Api;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authorization;

namespace Kobune.ApiServer.Pipeline;

/// <summary>Acting as somebody else with the Impersonate-* headers; each of them needs the verb impersonate on what it names.</summary>
internal sealed class Impersonation(AuthorizationStep authorization)
{
    private const string ExtraPrefix = "Impersonate-Extra-";

    public async ValueTask ApplyAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var headers = request.Http.Request.Headers;
        if (headers["Impersonate-User"] is not [{ Length: > 0 } name, ..])
        {
            if (headers.ContainsKey("Impersonate-Group") || headers.ContainsKey("Impersonate-Uid"))
            {
                throw StatusErrors.InternalError("requested group or uid impersonation without impersonating a user");
            }

            return;
        }

        await RequireUserAsync(request, name, cancellationToken).ConfigureAwait(false);
        var groups = new List<string>();
        foreach (var group in headers["Impersonate-Group"])
        {
            await authorization.RequireAsync(Attributes(request.User, "", "groups", group!, ""), cancellationToken).ConfigureAwait(false);
            groups.Add(group!);
        }

        string? uid = headers["Impersonate-Uid"];
        if (uid is not null)
        {
            await authorization.RequireAsync(Attributes(request.User, "authentication.k8s.io", "uids", uid, ""), cancellationToken).ConfigureAwait(false);
        }

        var extra = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var (header, values) in headers)
        {
            if (header.StartsWith(ExtraPrefix, StringComparison.OrdinalIgnoreCase))
            {
                var key = Uri.UnescapeDataString(header[ExtraPrefix.Length..]).ToLowerInvariant();
                foreach (var value in values)
                {
                    await authorization.RequireAsync(Attributes(request.User, "authentication.k8s.io", "userextras", value!, "") with { Subresource = key }, cancellationToken).ConfigureAwait(false);
                }

                extra[key] = [.. values.Select(v => v!)];
            }
        }

        request.User = Complete(name, uid, groups, extra);
    }

    private static UserInfo Complete(string name, string? uid, List<string> groups, Dictionary<string, IReadOnlyList<string>> extra)
    {
        if (groups.Count == 0 && ServiceAccountOf(name) is { } account)
        {
            groups.AddRange(["system:serviceaccounts", "system:serviceaccounts:" + account.Namespace]);
        }

        var addition = name == UserInfo.Anonymous.Name ? UserInfo.Unauthenticated : UserInfo.Authenticated;
        if (!groups.Contains(addition))
        {
            groups.Add(addition);
        }

        return new UserInfo(name, uid, groups, extra);
    }

    private ValueTask RequireUserAsync(ApiRequest request, string name, CancellationToken cancellationToken) =>
        ServiceAccountOf(name) is { } account
            ? authorization.RequireAsync(Attributes(request.User, "", "serviceaccounts", account.Name, account.Namespace), cancellationToken)
            : authorization.RequireAsync(Attributes(request.User, "", "users", name, ""), cancellationToken);

    private static (string Namespace, string Name)? ServiceAccountOf(string user) =>
        user.Split(':') is ["system", "serviceaccount", var ns, var name] ? (ns, name) : null;

    private static RequestAttributes Attributes(UserInfo user, string group, string resource, string name, string ns) => new()
    {
        User = user,
        Verb = "impersonate",
        ApiGroup = group,
        ApiVersion = "v1",
        Resource = resource,
        Name = name,
        Namespace = ns,
        IsResourceRequest = true,
    };
}
