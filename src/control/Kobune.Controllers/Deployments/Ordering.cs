namespace Kobune.Controllers.Deployments;

internal static class Ordering
{
    public static IOrderedEnumerable<T> ThenAscending<T>(this IOrderedEnumerable<T> source, IComparer<T> comparer) => source.ThenBy(x => x, comparer);

    public static IOrderedEnumerable<T> ThenDescending<T>(this IOrderedEnumerable<T> source, IComparer<T> comparer) => source.ThenByDescending(x => x, comparer);
}
