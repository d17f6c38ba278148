using Kobune.Api.Core.V1;
using Kobune.Scheduler.Cache;

namespace Kobune.Scheduler.Framework;

/// <summary>One attempt to place one Pod: what the plug-ins work on and share.</summary>
internal sealed class Attempt(PodFacts facts, SchedulerCache cache, Reasons? reasons = null)
{
    private readonly Dictionary<Type, object> _state = [];

    public PodFacts Facts => facts;

    public Pod Pod => facts.Pod;

    public SchedulerCache Cache => cache;

    public NodeTable Nodes => cache.Nodes;

    public Reasons Reasons { get; } = reasons ?? new Reasons();

    /// <summary>Why no node at all can take the Pod, whatever they are like; set while the filters prepare.</summary>
    public string? Refusal { get; private set; }

    /// <summary>The plug-in that said so.</summary>
    public string RefusedBy { get; private set; } = "";

    public void Refuse(string plugin, string reason) => (Refusal, RefusedBy) = (reason, plugin);

    /// <summary>When set, no other nodes are looked at; with the plug-in that said so.</summary>
    public IReadOnlySet<string>? OnlyNodes { get; set; }

    public string OnlyNodesPlugin { get; set; } = "";

    /// <summary>The verdicts so far, by node number; filled for the nodes that were looked at.</summary>
    public Dictionary<int, Verdict> Verdicts { get; } = [];

    public T State<T>() where T : class => (T)_state[typeof(T)];

    public void SetState<T>(T state) where T : class => _state[typeof(T)] = state;
}
