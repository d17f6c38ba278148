namespace Kobune.Scheduler.Cache;

/// <summary>Gives every resource a small number, so that amounts stand in arrays. The first four are fixed.</summary>
internal sealed class ResourceNames
{
    public const int Cpu = 0;
    public const int Memory = 1;
    public const int EphemeralStorage = 2;
    public const int Pods = 3;

    private readonly Dictionary<string, int> _numbers = new() { ["cpu"] = Cpu, ["memory"] = Memory, ["ephemeral-storage"] = EphemeralStorage, ["pods"] = Pods };
    private readonly List<string> _names = ["cpu", "memory", "ephemeral-storage", "pods"];

    public int Count => _names.Count;

    public string this[int number] => _names[number];

    public int NumberOf(string name)
    {
        if (!_numbers.TryGetValue(name, out var number))
        {
            _numbers[name] = number = _names.Count;
            _names.Add(name);
        }

        return number;
    }
}
