using System.Text;
using Kobune.Api;
using Kobune.ApiServer.Pipeline;

namespace Kobune.ApiServer.Discovery;

/// <summary>/healthz, /livez and /readyz: named checks, all or one, with ?verbose and ?exclude.</summary>
internal sealed class HealthChecks
{
    public static readonly string[] Roots = ["/healthz", "/livez", "/readyz"];

    private readonly List<(string Name, bool OnlyReady, Func<CancellationToken, ValueTask<bool>> Check)> checks = [];

    public void Add(string name, bool onlyReady, Func<CancellationToken, ValueTask<bool>> check) => checks.Add((name, onlyReady, check));

    public async Task HandleAsync(ApiRequest request, string root, string? single)
    {
        var exclude = request.Http.Request.Query["exclude"];
        var output = new StringBuilder();
        var failed = false;
        var known = single is null;
        foreach (var (name, onlyReady, check) in checks)
        {
            if ((onlyReady && root != "/readyz") || (single is not null && single != name))
            {
                continue;
            }

            known = true;
            if (exclude.Contains(name))
            {
                output.Append("[+]").Append(name).Append(" excluded: ok\n");
                continue;
            }

            var ok = await check(request.Aborted).ConfigureAwait(false);
            failed |= !ok;
            output.Append(ok ? "[+]" : "[-]").Append(name).Append(ok ? " ok\n" : " failed: reason withheld\n");
        }

        if (!known)
        {
            throw StatusErrors.NoSuchPath();
        }

        var label = root[1..];
        var text = failed ? output + $"{label} check failed\n"
            : request.Http.Request.Query.ContainsKey("verbose") ? output + $"{label} check passed\n"
            : "ok";
        request.Http.Response.Headers.XContentTypeOptions = "nosniff";
        await Responses.BytesAsync(request, failed ? 500 : 200, "text/plain; charset=utf-8", System.Text.Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
    }
}
