namespace Kobune.Api.Generator;

using System.Text;

/// <summary>Collects indented lines of C#.</summary>
internal sealed class Code
{
    private readonly StringBuilder _text = new StringBuilder();
    private int _depth;

    public Code Line(string line)
    {
        if (line.Length > 0 && line[0] == '}')
        {
            _depth--;
        }

        _text.Append(' ', _depth * 4).Append(line).Append('\n');
        if (line == "{")
        {
            _depth++;
        }

        return this;
    }

    public Code Doc(string description)
    {
        if (description.Length > 0)
        {
            Line("/// <summary>" + description.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;") + "</summary>");
        }

        return this;
    }

    public override string ToString() => _text.ToString();
}
