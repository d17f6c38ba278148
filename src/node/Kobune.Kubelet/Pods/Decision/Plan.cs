namespace Kobune.Kubelet.Pods.Decision;

/// <summary>A decision in the making: its inputs, and the actions and wake-up collected so far.</summary>
internal sealed class Plan(PodView pod, PodObservation seen, WorkerMemory memory, DateTimeOffset now)
{
    public PodView Pod { get; } = pod;
    public PodObservation Seen { get; } = seen;
    public WorkerMemory Memory { get; } = memory;
    public DateTimeOffset Now { get; } = now;
    public List<PodAction> Actions { get; } = [];
    public DateTimeOffset? WakeAt { get; private set; }
    public bool Terminated { get; set; }

    /// <summary>Adds an action unless the same is running already or planned.</summary>
    public void Add(PodAction action)
    {
        if (!Memory.Busy(action.Key) && Actions.TrueForAll(a => a.Key != action.Key))
        {
            Actions.Add(action);
        }
    }

    /// <summary>Stops the sandboxes that have not been; true while one is left.</summary>
    public bool StopSandboxes()
    {
        var left = false;
        foreach (var sandbox in Seen.Sandboxes.Where(s => !Memory.StoppedSandboxes.Contains(s.Id)))
        {
            Add(new StopSandbox(sandbox.Id));
            left = true;
        }

        return left;
    }

    public void Wake(DateTimeOffset at)
    {
        if (WakeAt is null || at < WakeAt)
        {
            WakeAt = at;
        }
    }

    /// <summary>The instance of a container in the sandbox that is ready now.</summary>
    public ObservedContainer? Current(string name)
    {
        var sandbox = Seen.ReadySandbox;
        return sandbox is null ? null : Seen.Containers.FirstOrDefault(c => c.Name == name && c.SandboxId == sandbox.Id);
    }
}
