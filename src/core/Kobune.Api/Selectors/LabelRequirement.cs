namespace Kobune.Api;

using System.Globalization;

public enum LabelOperator : byte
{
    Equal,
    NotEqual,
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

/// <summary>One condition on one label. NotEqual and NotIn also hold when the label is absent.</summary>
public sealed record LabelRequirement(string Key, LabelOperator Operator, IReadOnlyList<string> Values)
{
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        var has = labels.TryGetValue(Key, out var value);
        return Operator switch
        {
            LabelOperator.Exists => has,
            LabelOperator.DoesNotExist => !has,
            LabelOperator.Equal or LabelOperator.In => has && Contains(value!),
            LabelOperator.NotEqual or LabelOperator.NotIn => !has || !Contains(value!),
            _ => has && Compare(value!),
        };
    }

    public override string ToString() => Operator switch
    {
        LabelOperator.Exists => Key,
        LabelOperator.DoesNotExist => "!" + Key,
        LabelOperator.Equal => Key + "=" + Values[0],
        LabelOperator.NotEqual => Key + "!=" + Values[0],
        LabelOperator.GreaterThan => Key + ">" + Values[0],
        LabelOperator.LessThan => Key + "<" + Values[0],
        _ => $"{Key} {(Operator == LabelOperator.In ? "in" : "notin")} ({string.Join(",", Values.Order(StringComparer.Ordinal))})",
    };

    private bool Contains(string value)
    {
        foreach (var v in Values)
        {
            if (v == value)
            {
                return true;
            }
        }

        return false;
    }

    private bool Compare(string value) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var left)
        && long.TryParse(Values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var right)
        && (Operator == LabelOperator.GreaterThan ? left > right : left < right);
}
