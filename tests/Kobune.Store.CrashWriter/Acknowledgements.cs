using System.Text;

namespace Kobune.Store.CrashWriter;

/// <summary>Prints what the store acknowledged, unbuffered: what is in the pipe outlives this process.</summary>
internal sealed class Acknowledgements
{
    private readonly Stream _out = Console.OpenStandardOutput();
    private readonly Lock _gate = new();

    public void Print(long revision, string key, bool deleted, long step)
    {
        var line = Encoding.ASCII.GetBytes($"{revision} {key} {(deleted ? "-" : "+")} {step}\n");
        lock (_gate)
        {
            _out.Write(line);
        }
    }
}
