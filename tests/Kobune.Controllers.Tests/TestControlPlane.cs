using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Authentication;
using Kobune.Client;
using Kobune.Runtime;
using Kobune.Testing.ApiServers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Controllers.Tests;

/// <summary>A real API server over memory, all controllers, and a node that runs every Pod at once.</summary>
internal sealed class TestControlPlane : IAsyncDisposable
{
    private readonly TestApiServer _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private TestControlPlane(TestApiServer server, TimeProvider time, bool withNode)
    {
        _server = server;
        Manager = new ControllerManager(
            name => server.Server.ClientFor(UserInfo.Of(name, UserInfo.Masters)),
            new ControllerManagerOptions { RootCertificate = "-----BEGIN CERTIFICATE-----", LoadBalancerCidr = "10.89.0.128/30" },
            time, Ids.Seeded(1), Loggers);
        Node = new FakeNode(server.Client);
        _running = Task.WhenAll(Manager.RunAsync(_stop.Token), withNode ? Node.RunAsync(time, _stop.Token) : Task.CompletedTask);
    }

    public static ILoggerFactory Loggers { get; } = Environment.GetEnvironmentVariable("TEST_LOG") is null
        ? NullLoggerFactory.Instance
        : LoggerFactory.Create(b => b.AddSimpleConsole(o => o.SingleLine = true).SetMinimumLevel(LogLevel.Debug).AddFilter("Microsoft", LogLevel.Warning));

    public ControllerManager Manager { get; }

    public FakeNode Node { get; }

    public IKubeClient Client => _server.Client;

    public Store.IStore Store => _server.Store;

    public static async Task<TestControlPlane> StartAsync(TimeProvider? time = null, bool withNode = true)
    {
        time ??= TimeProvider.System;
        return new TestControlPlane(await TestApiServer.StartAsync(time: time, loggers: Loggers), time, withNode);
    }

    public static Deployment Deployment(string name, int replicas, string image = "app:1", IntOrString? maxSurge = null, IntOrString? maxUnavailable = null)
    {
        var deployment = new Deployment();
        deployment.Metadata.Name = name;
        deployment.Metadata.Namespace = "default";
        deployment.Spec.Replicas = replicas;
        deployment.Spec.RevisionHistoryLimit = 10;
        deployment.Spec.ProgressDeadlineSeconds = 600;
        deployment.Spec.Selector = new LabelSelector { MatchLabels = { ["app"] = name } };
        deployment.Spec.Strategy = new DeploymentStrategy
        {
            Type = "RollingUpdate",
            RollingUpdate = new RollingUpdateDeployment { MaxSurge = maxSurge ?? "25%", MaxUnavailable = maxUnavailable ?? "25%" },
        };
        deployment.Spec.Template = Template(name, image);
        return deployment;
    }

    public static PodTemplateSpec Template(string app, string image = "app:1")
    {
        var template = new PodTemplateSpec();
        template.Metadata.Labels["app"] = app;
        template.Spec.Containers.Add(new Container { Name = "main", Image = image });
        return template;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _server.DisposeAsync();
        _stop.Dispose();
    }
}
