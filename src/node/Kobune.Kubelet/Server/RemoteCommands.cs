using Kobune.Client.Streaming;
using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Pods;
using Kobune.Kubelet.Pods.Decision;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Server;

/// <summary>
/// exec, attach, portForward and run. The client's connection (WebSocket or SPDY) ends here; towards the runtime it is always SPDY,
/// the only one of its protocols in which standard input has an end.
/// </summary>
internal sealed class RemoteCommands(PodManager pods, ICriRuntime runtime, TimeProvider time)
{
    public async Task ExecAsync(HttpContext context, string ns, string pod, string container)
    {
        var options = Options(context);
        var command = context.Request.Query["command"];
        if (command.Count == 0)
        {
            throw new HttpFailure(400, "you must specify at least 1 command");
        }

        var request = new V1.ExecRequest
        {
            ContainerId = Running(ns, pod, container).Id,
            Stdin = options.Stdin,
            Stdout = options.Stdout,
            Stderr = options.Stderr,
            Tty = options.Tty,
        };
        request.Cmd.Add(command.OfType<string>());
        await BridgeAsync(context, options, await CallAsync(runtime.ExecAsync(request, context.RequestAborted)));
    }

    public async Task AttachAsync(HttpContext context, string ns, string pod, string container)
    {
        var options = Options(context);
        var request = new V1.AttachRequest
        {
            ContainerId = Running(ns, pod, container).Id,
            Stdin = options.Stdin,
            Stdout = options.Stdout,
            Stderr = options.Stderr,
            Tty = options.Tty,
        };
        await BridgeAsync(context, options, await CallAsync(runtime.AttachAsync(request, context.RequestAborted)));
    }

    public async Task PortForwardAsync(HttpContext context, string ns, string pod)
    {
        var answer = UpgradeNegotiation.PortForward(name => context.Request.Headers[name]);
        var worker = pods.Find(ns, pod) ?? throw new HttpFailure(404, $"pod \"{pod}\" not found");
        var sandbox = worker.Seen.ReadySandbox ?? throw new HttpFailure(404, $"pod {pod}_{ns} has no running sandbox");
        Refuse(context, answer);
        var url = await CallAsync(runtime.PortForwardAsync(new V1.PortForwardRequest { PodSandboxId = sandbox.Id }, context.RequestAborted));
        await using var backend = await UpgradeClient.ConnectAsync(
            new UpgradeRequest(new Uri(url), UpgradeTransport.Spdy, [StreamProtocols.PortForward]), context.RequestAborted);
        await using var transport = PortForwardServer.Unwrap(await UpgradeAsync(context, answer), answer);
        try
        {
            await ByteTunnel.RunAsync(transport, backend.Stream, context.RequestAborted);
        }
        catch (IOException)
        {
            // One side broke off; there is nobody left to tell.
        }
    }

    public async Task RunAsync(HttpContext context, string ns, string pod, string container)
    {
        var command = context.Request.Query["cmd"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var answer = await CallAsync(runtime.ExecSyncAsync(Running(ns, pod, container).Id, command, TimeSpan.FromMinutes(10), context.RequestAborted));
        context.Response.ContentType = "text/plain";
        await context.Response.Body.WriteAsync(answer.Stdout.Memory, context.RequestAborted);
        await context.Response.Body.WriteAsync(answer.Stderr.Memory, context.RequestAborted);
    }

    private async Task BridgeAsync(HttpContext context, RemoteCommandOptions options, string url)
    {
        var answer = UpgradeNegotiation.RemoteCommand(name => context.Request.Headers[name]);
        Refuse(context, answer);
        var connection = await UpgradeClient.ConnectAsync(
            new UpgradeRequest(new Uri(url), UpgradeTransport.Spdy, StreamProtocols.RemoteCommandSpdy), context.RequestAborted);
        var backend = await RemoteCommandClient.StartAsync(connection, options, context.RequestAborted);
        try
        {
            var transport = await UpgradeAsync(context, answer);
            var client = await RemoteCommandServer.AcceptAsync(transport, answer, options, time, context.RequestAborted);
            await RemoteCommandBridge.RunAsync(client, backend, context.RequestAborted);
        }
        finally
        {
            await backend.DisposeAsync();
        }
    }

    private static async Task<Stream> UpgradeAsync(HttpContext context, UpgradeAnswer answer)
    {
        foreach (var (name, value) in answer.Headers)
        {
            context.Response.Headers[name] = value;
        }

        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    private static void Refuse(HttpContext context, UpgradeAnswer answer)
    {
        if (!answer.Accepted || context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest != true)
        {
            foreach (var (name, value) in answer.Headers)
            {
                context.Response.Headers[name] = value;
            }

            throw new HttpFailure(answer.Accepted ? 400 : answer.StatusCode, answer.Error.Length > 0 ? answer.Error : "the connection cannot be upgraded");
        }
    }

    private static RemoteCommandOptions Options(HttpContext context) =>
        RemoteCommandOptions.FromQuery(name => context.Request.Query[name])
        ?? throw new HttpFailure(400, "you must specify at least 1 of stdin, stdout, stderr");

    private ObservedContainer Running(string ns, string pod, string container)
    {
        var worker = pods.Find(ns, pod) ?? throw new HttpFailure(404, $"pod \"{pod}\" not found");
        return worker.Seen.Latest(container) is { State: ContainerRunState.Running } running
            ? running
            : throw new HttpFailure(404, $"container not found (\"{container}\")");
    }

    private static async Task<T> CallAsync<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (RpcException e)
        {
            throw new HttpFailure(e.StatusCode == StatusCode.NotFound ? 404 : 500, e.Describe());
        }
    }
}
