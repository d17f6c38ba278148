using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Pods;

/// <summary>What a worker's loop owns. Only the loop touches it; executors hand back changes for the loop to apply.</summary>
internal sealed class WorkerState
{
    private readonly Dictionary<string, ObservedSandbox> _sandboxes = [];
    private readonly Dictionary<string, ObservedContainer> _containers = [];
    private PodObservation? _seen;

    public WorkerMemory Memory { get; } = new();

    public PodObservation Seen => _seen ??= new PodObservation(_sandboxes.Values, _containers.Values);

    public void Replace(PodObservation all)
    {
        var gone = _sandboxes.Keys.Except(all.Sandboxes.Select(s => s.Id)).ToArray();
        foreach (var id in gone)
        {
            _sandboxes.Remove(id);
        }

        foreach (var id in _containers.Keys.Except(all.Containers.Select(c => c.Id)).ToArray())
        {
            _containers.Remove(id);
        }

        foreach (var sandbox in all.Sandboxes)
        {
            Put(sandbox);
        }

        foreach (var container in all.Containers)
        {
            Put(container);
        }

        _seen = null;
    }

    public void Put(ObservedSandbox sandbox)
    {
        // Answers may arrive out of order; a sandbox that was down does not come up again.
        if (!_sandboxes.TryGetValue(sandbox.Id, out var known) || known.Ready)
        {
            _sandboxes[sandbox.Id] = sandbox;
            _seen = null;
        }

        if (sandbox is { Ready: true, Addresses.Count: > 0 })
        {
            Memory.Addresses = sandbox.Addresses;
        }
    }

    public void Put(ObservedContainer container)
    {
        if (!_containers.TryGetValue(container.Id, out var known) || known.State != ContainerRunState.Exited)
        {
            _containers[container.Id] = container;
            _seen = null;
        }

        if (container.State == ContainerRunState.Exited)
        {
            Memory.Kills.Remove(container.Id);
        }
    }

    public void RemoveSandbox(string id)
    {
        _sandboxes.Remove(id);
        foreach (var container in _containers.Values.Where(c => c.SandboxId == id).ToArray())
        {
            _containers.Remove(container.Id);
        }

        _seen = null;
    }

    public void RemoveContainer(string id)
    {
        _containers.Remove(id);
        Memory.Kills.Remove(id);
        Memory.Probes.Remove(id);
        Memory.Applied.Remove(id);
        _seen = null;
    }

    public string SandboxOf(string containerId) => _containers.TryGetValue(containerId, out var known) ? known.SandboxId : "";

    public bool KnowsSandbox(string id) => _sandboxes.ContainsKey(id);

    public bool KnowsContainer(string id) => _containers.ContainsKey(id);
}
