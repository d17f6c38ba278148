namespace Kobune.ApiServer.Authentication;

/// <summary>Reads a file of static tokens: lines of token,user,uid and, in quotes when there are several, groups.</summary>
public static class TokenFile
{
    /// <exception cref="FormatException">A line has fewer than three columns; the message names it.</exception>
    public static IReadOnlyDictionary<string, UserInfo> Parse(string text)
    {
        var users = new Dictionary<string, UserInfo>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var trimmed = line.Trim();
            if (trimmed.Length == 0 || trimmed[0] == '#')
            {
                continue;
            }

            var columns = Columns(trimmed);
            if (columns.Count < 3)
            {
                throw new FormatException($"token file line {number}: must have at least 3 columns (token, user name, user uid), found {columns.Count}");
            }

            if (columns[0].Length == 0)
            {
                continue;
            }

            string[] groups = columns.Count > 3 ? columns[3].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [];
            users[columns[0]] = UserInfo.Of(columns[1], groups) with { Uid = columns[2] };
        }

        return users;
    }

    private static List<string> Columns(string line)
    {
        var columns = new List<string>();
        var at = 0;
        while (at <= line.Length)
        {
            var quoted = at < line.Length && line[at] == '"';
            var end = quoted ? line.IndexOf('"', at + 1) : line.IndexOf(',', at);
            if (quoted && end > 0)
            {
                columns.Add(line[(at + 1)..end]);
                var comma = line.IndexOf(',', end);
                at = comma < 0 ? line.Length + 1 : comma + 1;
                continue;
            }

            end = end < 0 ? line.Length : end;
            columns.Add(line[at..end].Trim());
            at = end + 1;
        }

        return columns;
    }
}
