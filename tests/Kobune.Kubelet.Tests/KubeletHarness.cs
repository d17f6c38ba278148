using System.Net;
using Kobune.Api.Core.V1;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet.Tests;

/// <summary>A kubelet with a fake API on some runtime, in a directory of its own.</summary>
internal sealed class KubeletHarness : IAsyncDisposable
{
    public const string NodeName = "node-1";
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public KubeletHarness(string socket, string directory, FakeApi? api = null, string cgroupRoot = "kobune-test", KubeletServerOptions? server = null, EvictionOptions? eviction = null)
    {
        Directory = directory;
        Api = api ?? new FakeApi(TimeProvider.System);
        Loggers = LoggerFactory.Create(b => b.AddProvider(new TestLog()).SetMinimumLevel(LogLevel.Information));
        Options = new KubeletOptions
        {
            NodeName = NodeName,
            Client = Api,
            CriSocket = socket,
            RootDirectory = Path.Combine(directory, "kubelet"),
            PodLogDirectory = Path.Combine(directory, "pods"),
            ContainerLogLinkDirectory = Path.Combine(directory, "containers"),
            NodeAddresses = [IPAddress.Loopback],
            CgroupRoot = cgroupRoot,
            RelistPeriod = TimeSpan.FromMinutes(10),
            Server = server,
            Eviction = eviction ?? new EvictionOptions(),
        };
        Kubelet = new Kubelet(Options, Loggers);
        _running = Kubelet.RunAsync(_stop.Token);
    }

    public string Directory { get; }
    public FakeApi Api { get; }
    public ILoggerFactory Loggers { get; }
    public KubeletOptions Options { get; }
    public Kubelet Kubelet { get; }

    /// <summary>Warnings go to the output of the test run.</summary>
    public static ILoggerFactory ConsoleLogs() => LoggerFactory.Create(b => b.AddProvider(new TestLog(echo: true)).SetMinimumLevel(LogLevel.Warning));

    public static Pod NewPod(string name, string image = "docker.io/kobune/busybox:1", params string[] command)
    {
        var pod = new Pod();
        pod.Metadata.Name = name;
        pod.Metadata.Namespace = "default";
        pod.Spec.NodeName = NodeName;
        pod.Spec.TerminationGracePeriodSeconds = 5;
        pod.Spec.RestartPolicy = "Always";
        pod.Spec.Containers.Add(NewContainer("main", image, command));
        return pod;
    }

    public static Container NewContainer(string name, string image = "docker.io/kobune/busybox:1", params string[] command) => new()
    {
        Name = name,
        Image = image,
        ImagePullPolicy = "IfNotPresent",
        TerminationMessagePath = "/dev/termination-log",
        TerminationMessagePolicy = "File",
        Command = [.. command],
    };

    /// <summary>Waits for a condition on a Pod; a timeout tells what there was instead.</summary>
    public async Task<Pod> UntilAsync(string name, Func<Pod, bool> condition, int seconds = 20)
    {
        var deadline = DateTimeOffset.UtcNow.AddSeconds(seconds);
        while (true)
        {
            if (Api.Pod(name) is { } pod && condition(pod))
            {
                return pod;
            }

            if (DateTimeOffset.UtcNow > deadline || _running.IsFaulted)
            {
                Assert.Fail($"waited in vain for {name}: {Api.Pod(name)?.Status}\nevents:\n{string.Join('\n', Api.Events(name))}\n{_running.Exception}\n{TestLog.Text}");
            }

            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    public async Task UntilAsync(Func<bool> condition, string what, int seconds = 20)
    {
        var deadline = DateTimeOffset.UtcNow.AddSeconds(seconds);
        while (!condition())
        {
            Assert.True(DateTimeOffset.UtcNow < deadline, $"waited in vain for {what}\n{TestLog.Text}");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Events are written behind the scenes; waits for one.</summary>
    public Task EventAsync(string pod, string text) => UntilAsync(() => Api.Events(pod).Contains(text), $"the event {text} among {string.Join('\n', Api.Events(pod))}");

    public Task GoneAsync(string name) => UntilAsync(() => Api.Pod(name) is null, $"end of {name}");

    public static bool IsReady(Pod pod) => pod.Status.Conditions.Any(c => c is { Type: "Ready", Status: "True" });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await Kubelet.DisposeAsync();
        Loggers.Dispose();
    }

    private sealed class TestLog(bool echo = false) : ILoggerProvider, ILogger
    {
        private static readonly List<string> Lines = [];

        public static string Text
        {
            get
            {
                lock (Lines)
                {
                    return string.Join('\n', Lines.TakeLast(40));
                }
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines)
            {
                Lines.Add($"{logLevel}: {formatter(state, exception)} {exception}");
                if (echo)
                {
                    Console.WriteLine(Lines[^1]);
                }
            }
        }
    }
}
