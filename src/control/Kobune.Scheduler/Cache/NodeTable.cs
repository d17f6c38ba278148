using Kobune.Api.Core.V1;

namespace Kobune.Scheduler.Cache;

/// <summary>
/// All nodes with what they offer and what is taken, as flat arrays by node number and resource number, changed in place
/// as nodes and Pods come and go: a scheduling attempt copies nothing and follows no references to find out what fits.
/// Used under the scheduler's lock.
/// </summary>
internal sealed class NodeTable(ResourceNames names)
{
    private readonly Dictionary<string, int> _byName = [];
    private readonly Stack<int> _free = new();
    private readonly Dictionary<string, Topology> _topologies = [];
    private readonly ImageIndex _images = new();
    private Node?[] _nodes = new Node?[16];
    private List<PodFacts>[] _pods = new List<PodFacts>[16];
    private long[] _scoredCpu = new long[16];
    private long[] _scoredMemory = new long[16];
    private long[][] _allocatable = [];
    private long[][] _requested = [];

    /// <summary>Numbers run from 0 to this, exclusively; some may be unused.</summary>
    public int Limit { get; private set; }

    /// <summary>How many nodes there are.</summary>
    public int Count => _byName.Count;

    public ResourceNames Names => names;

    /// <summary>The node, or null when the number is unused or only Pods of it were seen so far.</summary>
    public Node? this[int number] => _nodes[number];

    public int? NumberOf(string name) => _byName.TryGetValue(name, out var number) ? number : null;

    /// <summary>Who is where, counted.</summary>
    public PodIndex Pods { get; } = new();

    /// <summary>Which nodes have which images.</summary>
    public ImageIndex Images => _images;

    /// <summary>The nodes by the value of a label.</summary>
    public Topology TopologyOf(string key)
    {
        if (!_topologies.TryGetValue(key, out var topology))
        {
            _topologies[key] = topology = new Topology(key);
            for (var number = 0; number < Limit; number++)
            {
                topology.Put(number, _nodes[number]?.Metadata.Labels);
            }
        }

        return topology;
    }

    public IReadOnlyList<PodFacts> PodsOn(int number) => _pods[number];

    public long Allocatable(int resource, int number) => resource < _allocatable.Length ? _allocatable[resource][number] : 0;

    public long Requested(int resource, int number) => resource < _requested.Length ? _requested[resource][number] : 0;

    public long ScoredCpu(int number) => _scoredCpu[number];

    public long ScoredMemory(int number) => _scoredMemory[number];

    public int Put(Node node)
    {
        if (!_byName.TryGetValue(node.Metadata.Name, out var number))
        {
            _byName[node.Metadata.Name] = number = NewNumber();
        }

        _images.Replace(number, _nodes[number], node);
        _nodes[number] = node;
        foreach (var topology in _topologies.Values)
        {
            topology.Put(number, node.Metadata.Labels);
        }

        for (var resource = 0; resource < _allocatable.Length; resource++)
        {
            _allocatable[resource][number] = 0;
        }

        foreach (var (name, quantity) in node.Status.Allocatable)
        {
            var resource = names.NumberOf(name);
            Grow(resource);
            _allocatable[resource][number] = PodRequests.Units(name, quantity);
        }

        return number;
    }

    public void Remove(string name)
    {
        if (_byName.Remove(name, out var number))
        {
            _images.Replace(number, _nodes[number], null);
            _nodes[number] = null;
            foreach (var topology in _topologies.Values)
            {
                topology.Put(number, null);
            }

            foreach (var pod in _pods[number])
            {
                Pods.Change(number, pod, -1);
            }

            _pods[number].Clear();
            _scoredCpu[number] = _scoredMemory[number] = 0;
            foreach (var amounts in _allocatable.Concat(_requested))
            {
                amounts[number] = 0;
            }

            _free.Push(number);
        }
    }

    /// <summary>Counts the Pod on the node.</summary>
    public void Add(int number, PodFacts pod)
    {
        _pods[number].Add(pod);
        Account(number, pod, 1);
    }

    /// <summary>Takes the Pod off the node.</summary>
    public void Remove(int number, PodFacts pod)
    {
        if (_pods[number].Remove(pod))
        {
            Account(number, pod, -1);
        }
    }

    private void Account(int number, PodFacts pod, int sign)
    {
        foreach (var (resource, value) in pod.Requests)
        {
            Grow(resource);
            _requested[resource][number] += sign * value;
        }

        Pods.Change(number, pod, sign);
        _scoredCpu[number] += sign * pod.ScoredCpu;
        _scoredMemory[number] += sign * pod.ScoredMemory;
    }

    private int NewNumber()
    {
        if (_free.TryPop(out var number))
        {
            return number;
        }

        number = Limit++;
        if (number >= _nodes.Length)
        {
            var size = _nodes.Length * 2;
            Array.Resize(ref _nodes, size);
            Array.Resize(ref _pods, size);
            Array.Resize(ref _scoredCpu, size);
            Array.Resize(ref _scoredMemory, size);
            for (var resource = 0; resource < _allocatable.Length; resource++)
            {
                Array.Resize(ref _allocatable[resource], size);
                Array.Resize(ref _requested[resource], size);
            }
        }

        _pods[number] ??= [];
        return number;
    }

    private void Grow(int resource)
    {
        if (resource < _allocatable.Length)
        {
            return;
        }

        var old = _allocatable.Length;
        Array.Resize(ref _allocatable, resource + 1);
        Array.Resize(ref _requested, resource + 1);
        for (var i = old; i <= resource; i++)
        {
            _allocatable[i] = new long[_nodes.Length];
            _requested[i] = new long[_nodes.Length];
        }
    }
}
