namespace Kobune.Scheduler.Framework;

/// <summary>
/// What the filters say of one node: 0 is "fits". Reasons are bits whose texts the attempt knows (<see cref="Reasons"/>), so that a
/// verdict over thousands of nodes is one array of numbers.
/// </summary>
internal readonly record struct Verdict(ulong ReasonBits, bool Unresolvable)
{
    public static Verdict Fits => default;

    public bool IsFit => ReasonBits == 0;
}

/// <summary>The texts of one attempt's reasons.</summary>
internal sealed class Reasons
{
    private readonly List<string> _texts = [];
    private readonly List<string> _plugins = [];

    public int Count => _texts.Count;

    public string this[int bit] => _texts[bit];

    public string PluginOf(int bit) => _plugins[bit];

    /// <summary>The bit of a reason. Beyond 64 different reasons in one attempt the last bit stands for the rest.</summary>
    public ulong Bit(string plugin, string text)
    {
        var index = _texts.IndexOf(text);
        if (index < 0)
        {
            if (_texts.Count == 64)
            {
                return 1UL << 63;
            }

            index = _texts.Count;
            _texts.Add(text);
            _plugins.Add(plugin);
        }

        return 1UL << index;
    }

    public IEnumerable<string> In(Verdict verdict)
    {
        for (var bit = 0; bit < _texts.Count; bit++)
        {
            if ((verdict.ReasonBits & (1UL << bit)) != 0)
            {
                yield return _texts[bit];
            }
        }
    }
}
