namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>How much of a range is kept for those who choose a value, and which value others get.</summary>
internal static class RangeSplit
{
    /// <param name="step">The kept part is one in so many, at least 16, at most <paramref name="most"/>.</param>
    public static int Of(int size, int step, int most) => size <= 16 ? 0 : Math.Clamp(size / step, 16, most);

    /// <summary>A free index: at random in the upper part, then anywhere in it, then in the lower part. -1: none is left.</summary>
    public static int Choose(int size, int split, Random random, Func<int, bool> isFree)
    {
        if (size <= 0)
        {
            return -1;
        }

        var upper = size - split;
        var start = random.Next(upper);
        for (var i = 0; i < upper; i++)
        {
            var index = split + ((start + i) % upper);
            if (isFree(index))
            {
                return index;
            }
        }

        for (var index = 0; index < split; index++)
        {
            if (isFree(index))
            {
                return index;
            }
        }

        return -1;
    }
}
