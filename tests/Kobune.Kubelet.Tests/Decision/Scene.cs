using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Tests.Decision;

/// <summary>A Pod, a runtime that exists only as observations, and a clock: enough to ask for decisions and to act them out.</summary>
internal sealed class Scene
{
    private static readonly NodeFacts Node = new("node-1", ["10.0.0.1"]);
    private readonly WorkerState _state = new();
    private int _ids;

    public Scene(Action<Pod>? shape = null)
    {
        Pod = KubeletHarness.NewPod("p", "example.com/a:1");
        Pod.Metadata.Uid = "u";
        Pod.Metadata.Generation = 1;
        shape?.Invoke(Pod);
        Memory.StartTime = Now;
    }

    public Pod Pod { get; set; }
    public bool Gone { get; set; }
    public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public WorkerMemory Memory => _state.Memory;
    public PodObservation Seen => _state.Seen;

    public PodDecision Decide()
    {
        var decision = PodDecider.Decide(new PodView(Pod, Gone), _state.Seen, Memory, Node, Now);
        if (decision.Status.Phase is "Succeeded" or "Failed" && Pod.Metadata.DeletionTimestamp is null)
        {
            Memory.TerminalPhase ??= decision.Status.Phase;
        }

        if (Pod.Metadata.DeletionTimestamp is not null || Memory.TerminalPhase is not null || Memory.Failure is not null)
        {
            Memory.TerminationStart ??= Now;
        }

        return decision;
    }

    public PodStatus Status => Decide().Status;

    /// <summary>Keys of what would be done now.</summary>
    public string Actions => string.Join(' ', Decide().Actions.Select(a => a.Key));

    /// <summary>Does everything that is asked for, successfully and at once, until nothing is.</summary>
    public List<string> Settle()
    {
        var done = new List<string>();
        for (var i = 0; i < 50; i++)
        {
            var actions = Decide().Actions;
            if (actions.Count == 0)
            {
                return done;
            }

            foreach (var action in actions)
            {
                done.Add(action.Key);
                Do(action);
            }
        }

        throw new InvalidOperationException("does not settle: " + string.Join(' ', done));
    }

    public void Do(PodAction action)
    {
        switch (action)
        {
            case SetUpVolumes:
                Memory.VolumesReady = true;
                break;
            case CreateSandbox create:
                _state.Put(new ObservedSandbox($"s{create.Attempt}", true, create.Attempt, Now, ["10.1.0.5"]));
                break;
            case EnsureImage image:
                Memory.Images[image.Container] = new ImageOutcome("sha256:1", "", "", Now, Now);
                break;
            case StartContainer start:
                if (start.Crashed is { } crashed)
                {
                    Memory.Restarts.Next(start.Container, crashed);
                }

                Memory.Images.Remove(start.Container);
                Memory.Announced.Remove(start.Container);
                _state.Put(new ObservedContainer
                {
                    Id = $"{start.Container}{++_ids}",
                    Name = start.Container,
                    SandboxId = start.SandboxId,
                    State = ContainerRunState.Running,
                    RestartCount = start.RestartCount,
                    CreatedAt = Now,
                    StartedAt = Now,
                });
                break;
            case RunPreStop hook:
                Memory.Kills[hook.ContainerId] = new KillState { RequestedAt = Now, PreStop = HookState.Done };
                break;
            case StopContainer stop:
                Exit(Seen.Containers.First(c => c.Id == stop.ContainerId), 0);
                break;
            case AnnounceBackOff announce:
                Memory.Announced[announce.Container] = announce.Mark;
                break;
            case StopSandbox stop:
                var sandbox = Seen.Sandboxes.First(s => s.Id == stop.Id);
                _state.Put(sandbox with { Ready = false });
                Memory.StoppedSandboxes.Add(stop.Id);
                break;
            case RemoveSandbox remove:
                _state.RemoveSandbox(remove.Id);
                break;
            case RemoveContainer remove:
                _state.RemoveContainer(remove.ContainerId);
                break;
            case TearDownPod down:
                Memory.TornDown = true;
                Memory.Erased |= down.Final;
                break;
            case FailPod fail:
                Memory.Failure = fail;
                break;
            case DeletePodObject:
                Memory.ObjectDeleted = true;
                break;
            default:
                throw new InvalidOperationException(action.Key);
        }
    }

    public void Exit(string container, int code) => Exit(Seen.Latest(container)!, code);

    public void KillSandbox() => _state.Put(Seen.Sandboxes[0] with { Ready = false });

    public void Delete(long grace)
    {
        Pod = Pod.Clone();
        Pod.Metadata.DeletionTimestamp = Now.AddSeconds(grace);
        Pod.Metadata.DeletionGracePeriodSeconds = grace;
    }

    private void Exit(ObservedContainer container, int code) =>
        _state.Put(container with { State = ContainerRunState.Exited, ExitCode = code, FinishedAt = Now, Reason = code == 0 ? "Completed" : "Error" });
}
