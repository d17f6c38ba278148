namespace Kobune.Api.Core.V1;

public sealed partial class Pod
{
    public bool IsReady() => Status.Conditions.IsTrue(PodConditionTypes.Ready);

    public PodCondition? GetCondition(string type) => Status.Conditions.Get(type);

    /// <summary>Succeeded or Failed: it never runs again.</summary>
    public bool IsTerminal() => Status.Phase is PodPhase.Succeeded or PodPhase.Failed;

    /// <summary>Counts as a replica: neither terminal nor being deleted.</summary>
    public bool IsActive() => !IsTerminal() && Metadata.DeletionTimestamp == null;

    /// <summary>Ready for at least <paramref name="minReadySeconds"/>.</summary>
    public bool IsAvailable(int minReadySeconds, DateTimeOffset now)
    {
        var ready = GetCondition(PodConditionTypes.Ready);
        return ready?.Status == "True"
            && (minReadySeconds == 0 || (ready.LastTransitionTime is { } since && since.AddSeconds(minReadySeconds) <= now));
    }

    /// <summary>Declared by a file or URL; the API object only mirrors it.</summary>
    public bool IsMirror() => Metadata.Annotation(KubeConstants.MirrorPodAnnotation) != null;
}

public sealed partial class PodSpec
{
    /// <summary>Init containers, then containers.</summary>
    public IEnumerable<Container> AllContainers() => InitContainers.Concat(Containers);

    /// <summary>Init containers that keep running beside the containers.</summary>
    public IEnumerable<Container> Sidecars() => InitContainers.Where(c => c.IsSidecar);

    /// <summary>Every container's name with its image, ephemeral ones included.</summary>
    public IEnumerable<(string Name, string Image)> AllImages() =>
        AllContainers().Select(c => (c.Name, c.Image)).Concat(EphemeralContainers.Select(c => (c.Name, c.Image)));
}

public sealed partial class PodStatus
{
    public IEnumerable<ContainerStatus> AllContainerStatuses() => InitContainerStatuses.Concat(ContainerStatuses).Concat(EphemeralContainerStatuses);

    public ContainerStatus? StatusOf(string container) => AllContainerStatuses().FirstOrDefault(s => s.Name == container);
}

public sealed partial class Container
{
    /// <summary>A restartable init container.</summary>
    public bool IsSidecar => RestartPolicy == "Always";
}

public sealed partial class EphemeralContainer
{
    /// <summary>The same container without its target, as runtimes start it.</summary>
    public Container ToContainer()
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(JsonOut.ToBytes(this))!.AsObject();
        json.Remove("targetContainerName");
        return KubeJson.Read<Container>(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()));
    }
}

public sealed partial class Node
{
    public bool IsReady() => Status.Conditions.IsTrue("Ready");

    /// <summary>The first address of a type ("InternalIP", "Hostname"), or null.</summary>
    public string? Address(string type) => Status.Addresses.FirstOrDefault(a => a.Type == type)?.Address;
}

public sealed partial class Toleration
{
    /// <summary>Whether this toleration covers the taint; an empty key with Exists covers all.</summary>
    public bool Tolerates(Taint taint)
    {
        if ((Effect.Length > 0 && Effect != taint.Effect) || (Key.Length > 0 && Key != taint.Key))
        {
            return false;
        }

        return Operator switch
        {
            "" or "Equal" => Value == taint.Value && Key.Length > 0,
            "Exists" => true,
            "Lt" => Compare(taint, less: true),
            "Gt" => Compare(taint, less: false),
            _ => false,
        };
    }

    private bool Compare(Taint taint, bool less) =>
        long.TryParse(Value, out var mine) && long.TryParse(taint.Value, out var theirs) && (less ? theirs < mine : theirs > mine);
}

/// <summary>The phases of a Pod.</summary>
public static class PodPhase
{
    public const string Pending = "Pending";
    public const string Running = "Running";
    public const string Succeeded = "Succeeded";
    public const string Failed = "Failed";
    public const string Unknown = "Unknown";
}

/// <summary>The condition types of a Pod.</summary>
public static class PodConditionTypes
{
    public const string Ready = "Ready";
    public const string ContainersReady = "ContainersReady";
    public const string Initialized = "Initialized";
    public const string PodScheduled = "PodScheduled";
    public const string PodReadyToStartContainers = "PodReadyToStartContainers";
    public const string DisruptionTarget = "DisruptionTarget";
    public const string ResizePending = "PodResizePending";
    public const string ResizeInProgress = "PodResizeInProgress";
}
