using Kobune.Cri.Grpc;
using Kobune.Cri.V1;

namespace Kobune.Testing.FakeCri;

internal sealed partial class FakeRuntime
{
    private void RegisterStreaming(GrpcMethods methods, FakeCallLog calls, string service) => methods
        .Serve(calls, service + "ExecSync", ExecSyncRequest.Parser, r => Running(r.ContainerId).Behavior.Exec([.. r.Cmd]))
        .Serve(calls, service + "Exec", ExecRequest.Parser, r => new ExecResponse { Url = StreamingUrl("exec", Running(r.ContainerId).Id) })
        .Serve(calls, service + "Attach", AttachRequest.Parser, r => new AttachResponse { Url = StreamingUrl("attach", Running(r.ContainerId).Id) })
        .Serve(calls, service + "PortForward", PortForwardRequest.Parser, r => new PortForwardResponse { Url = StreamingUrl("portforward", r.PodSandboxId) })
        .Serve(calls, service + "ContainerStats", ContainerStatsRequest.Parser, r =>
        {
            lock (_lock)
                return new ContainerStatsResponse { Stats = Stats(Container(r.ContainerId)) };
        })
        .Serve(calls, service + "ListContainerStats", ListContainerStatsRequest.Parser, r =>
        {
            lock (_lock)
            {
                return new ListContainerStatsResponse
                {
                    Stats =
                    {
                        _containers.Values
                            .Where(c => c.State == ContainerState.ContainerRunning && Selected(c, r.Filter))
                            .Select(Stats),
                    },
                };
            }
        });

    private FakeContainer Running(string id)
    {
        lock (_lock)
        {
            FakeContainer container = Container(id);
            return container.State == ContainerState.ContainerRunning
                ? container
                : throw new RpcException(StatusCode.Unknown, $"failed to exec in container: container is in {container.State} state");
        }
    }

    private static bool Selected(FakeContainer container, ContainerStatsFilter? filter) =>
        filter is null
        || ((filter.Id == "" || filter.Id == container.Id)
            && (filter.PodSandboxId == "" || filter.PodSandboxId == container.SandboxId)
            && Matches(container.Config.Labels, filter.LabelSelector));

    private static ContainerStats Stats(FakeContainer container)
    {
        ContainerStats stats = container.Behavior.Stats();
        stats.Attributes = new ContainerAttributes { Id = container.Id, Metadata = container.Config.Metadata.Clone() };
        stats.Attributes.Labels.Add(container.Config.Labels);
        return stats;
    }
}
