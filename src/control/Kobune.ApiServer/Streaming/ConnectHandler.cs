using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Authorization;
using Kobune.ApiServer.Pipeline;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.Streaming;

/// <summary>Subresources that connect to a node: log, exec, attach, portforward, proxy. This server only carries bytes.</summary>
internal sealed class ConnectHandler(ApiServerServices services, ResourceRegistry registry, AuthorizationStep authorization) : IDisposable
{
    private readonly KubeletConnections connections = new(services.Options);

    public static bool Handles(ServedResource resource, string subresource) => resource.Info.Group.Length == 0 && (resource.Info.Plural, subresource) switch
    {
        ("pods", "log" or "exec" or "attach" or "portforward" or "proxy") => true,
        ("nodes" or "services", "proxy") => true,
        _ => false,
    };

    public async Task HandleAsync(ApiRequest request, ServedResource resource)
    {
        var info = request.Info;
        if (info.Subresource is "exec" or "attach" or "portforward" && info.Verb is not ("get" or "create"))
        {
            throw StatusErrors.MethodNotAllowed("", "pods", info.Verb);
        }

        if (info is { Subresource: "log", Verb: not "get" })
        {
            throw StatusErrors.MethodNotAllowed("", "pods", info.Verb);
        }

        if (info is { Subresource: "proxy", Tail: "", Verb: "get" } && !info.Path.EndsWith('/'))
        {
            // Relative links of the page behind it need the slash.
            request.Http.Response.Headers.Location = info.Path + "/" + request.Http.Request.QueryString.Value;
            await Responses.BytesAsync(request, 301, "text/plain", ReadOnlyMemory<byte>.Empty).ConfigureAwait(false);
            return;
        }

        var pods = new PodTargets(services.Objects);
        ConnectTarget? target;
        if (info.Subresource == "proxy")
        {
            target = await new ProxyTargets(services.Objects, pods, services.Random).OfAsync(info, request.Http.Request.QueryString.Value?.TrimStart('?') ?? "", request.Aborted).ConfigureAwait(false);
        }
        else
        {
            target = await PodTargetAsync(request, resource, pods).ConfigureAwait(false);
        }

        await registry.AdmitConnectAsync(Scopes.Of(request, resource), request.Aborted).ConfigureAwait(false);
        if (target is null)
        {
            await Responses.BytesAsync(request, 200, "text/plain", ReadOnlyMemory<byte>.Empty).ConfigureAwait(false);
        }
        else if (UpgradeTunnel.IsUpgrade(request.Http))
        {
            await UpgradeTunnel.RunAsync(request, target, connections).ConfigureAwait(false);
        }
        else
        {
            await HttpForward.RunAsync(request, target, connections, info.Subresource == "proxy").ConfigureAwait(false);
        }
    }

    public void Dispose() => connections.Dispose();

    private async ValueTask<ConnectTarget?> PodTargetAsync(ApiRequest request, ServedResource resource, PodTargets pods)
    {
        var info = request.Info;
        if (info.Verb == "get" && info.Subresource != "log")
        {
            // A WebSocket opens with GET, yet it does what POST does: who may only read must not run commands.
            await authorization.RequireAsync(request.Attributes("create"), request.Aborted).ConfigureAwait(false);
        }

        var pod = await registry.GetAsync(Scopes.Of(request, resource), null, request.Aborted).ConfigureAwait(false);
        return await pods.OfAsync((Pod)pod.Object, info.Subresource, request.Http.Request.Query, request.Aborted).ConfigureAwait(false);
    }
}
