using System.Security.Cryptography.X509Certificates;
using Kobune.Api;
using Kobune.ApiServer.Audit;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.FlowControl;
using Kobune.ApiServer.InProcess;
using Kobune.ApiServer.Registry;
using Kobune.ApiServer.Registry.Selection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Kobune.ApiServer.Pipeline;

/// <summary>
/// The life of every HTTP request, in order: panic guard, audit id and headers, request info, metrics, authentication,
/// impersonation, audit log, flow control, authorization, handler. Nothing else stands between the socket and the registry.
/// </summary>
internal sealed partial class RequestChain(
    ApiServerServices services, Authenticators authenticators, Impersonation impersonation, AuditLog? audit, FlowController flow, AuthorizationStep authorization,
    RequestHandler handler, RequestMetrics metrics, ILogger<RequestChain> logger)
{
    public async Task HandleAsync(HttpContext http)
    {
        var request = new ApiRequest(http, AuditId(http), services.Time.GetUtcNow());
        Kobune.Runtime.Metrics.Counter.Series? inFlight = null;
        var start = services.Time.GetTimestamp();
        try
        {
            Head(request);
            request.Info = Understand(http);
            inFlight = metrics.Begin(request);
            await PassAsync(request).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; nobody reads an answer.
        }
        catch (Exception e)
        {
            await FailAsync(request, e).ConfigureAwait(false);
        }
        finally
        {
            if (inFlight is not null)
            {
                inFlight.Add(-1);
                metrics.End(request, services.Time.GetElapsedTime(start));
            }
        }

        if (audit is not null)
        {
            await audit.CompleteAsync(request).ConfigureAwait(false);
        }
    }

    private async Task PassAsync(ApiRequest request)
    {
        var http = request.Http;
        var authenticated = request.User = http.Features.Get<KnownCaller>()?.User ?? await authenticators.AuthenticateAsync(request, http.RequestAborted).ConfigureAwait(false);
        await impersonation.ApplyAsync(request, http.RequestAborted).ConfigureAwait(false);
        if (audit is not null)
        {
            await audit.BeginAsync(request, authenticated).ConfigureAwait(false);
        }

        using var seat = await flow.EnterAsync(request).ConfigureAwait(false);
        await authorization.RequireAsync(request.Attributes(), http.RequestAborted, request.Audit).ConfigureAwait(false);
        if (request.IsLongRunning && audit is not null)
        {
            await audit.StartedAsync(request).ConfigureAwait(false);
        }

        await HandleInTimeAsync(request).ConfigureAwait(false);
    }

    private async Task FailAsync(ApiRequest request, Exception e)
    {
        var http = request.Http;
        var error = e switch
        {
            KubeStatusException known => known,
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => StatusErrors.RequestEntityTooLarge($"limit is {services.Options.MaxRequestBytes}"),
            BadHttpRequestException bad => StatusErrors.BadRequest(bad.Message),
            _ => null,
        };
        if (error is null)
        {
            LogPanic(e, http.Request.Method, http.Request.Path.Value);
            error = StatusErrors.InternalError(e.Message);
            if (audit is not null)
            {
                await audit.PanicAsync(request).ConfigureAwait(false);
            }
        }

        try
        {
            await Responses.ErrorAsync(request, error.Status).ConfigureAwait(false);
        }
        catch (Exception sending) when (sending is OperationCanceledException or IOException)
        {
            // The client is gone; nobody reads an answer.
        }
    }

    private async Task HandleInTimeAsync(ApiRequest request)
    {
        if (request.IsLongRunning)
        {
            await handler.HandleAsync(request).ConfigureAwait(false);
            return;
        }

        using var deadline = new CancellationTokenSource(services.Options.RequestTimeout, services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, request.Aborted);
        request.Aborted = either.Token;
        try
        {
            await handler.HandleAsync(request).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !request.Http.RequestAborted.IsCancellationRequested)
        {
            request.Aborted = request.Http.RequestAborted;
            throw StatusErrors.Timeout("request did not complete within the allotted timeout");
        }
        finally
        {
            request.Aborted = request.Http.RequestAborted;
        }
    }

    private string AuditId(HttpContext http)
    {
        var given = http.Request.Headers["Audit-Id"];
        return given.Count == 1 && given[0] is { Length: > 0 and <= 64 } id ? id : GeneratedNames.Uid(services.Random);
    }

    private static void Head(ApiRequest request)
    {
        var headers = request.Http.Response.Headers;
        headers["Audit-Id"] = request.AuditId;
        headers.CacheControl = "no-cache, private";
    }

    private static RequestInfo Understand(HttpContext http)
    {
        var query = http.Request.Query;
        var watch = query["watch"] is [{ } value, ..] && value is not ("false" or "0");
        return RequestInfo.Parse(http.Request.Method, http.Request.Path.Value ?? "/", watch, ObjectSelection.SoleName(query["fieldSelector"]));
    }

    [LoggerMessage(EventId = 3100, Level = LogLevel.Error, Message = "{Method} {Path} failed unexpectedly.")]
    private partial void LogPanic(Exception exception, string method, string? path);
}
