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
        var chosen = checks.Where(c => (!c.OnlyReady || root == "/readyz") && (single is null || single == c.Name)).ToList();
        if (chosen.Count == 0)
        {
            throw StatusErrors.NoSuchPath();
        }

        var exclude = request.Http.Request.Query["exclude"].Where(e => !string.IsNullOrEmpty(e)).ToHashSet();
        var output = new StringBuilder();
        var failed = new List<string>();
        foreach (var (name, _, check) in chosen)
        {
            if (exclude.Remove(name))
            {
                output.Append("[+]").Append(name).Append(" excluded: ok\n");
                continue;
            }

            var ok = await IsOkAsync(check, request.Aborted).ConfigureAwait(false);
            output.Append(ok ? "[+]" : "[-]").Append(name).Append(ok ? " ok\n" : " failed: reason withheld\n");
            if (!ok)
            {
                failed.Add(name);
            }
        }

        if (exclude.Count > 0)
        {
            output.Append("warn: some health checks cannot be excluded: no matches for ").Append(string.Join(",", exclude.Select(e => $"\"{e}\""))).Append('\n');
        }

        var label = root[1..];
        var text = failed.Count > 0 ? single is null ? output + $"{label} check failed\n" : "internal server error: reason withheld\n"
            : single is null && request.Http.Request.Query.ContainsKey("verbose") ? output + $"{label} check passed\n"
            : "ok";
        request.Http.Response.Headers.XContentTypeOptions = "nosniff";
        await Responses.BytesAsync(request, failed.Count > 0 ? 500 : 200, "text/plain; charset=utf-8", System.Text.Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
    }

    private static async ValueTask<bool> IsOkAsync(Func<CancellationToken, ValueTask<bool>> check, CancellationToken cancellationToken)
    {
        try
        {
            return await check(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return false;
        }
    }
}
