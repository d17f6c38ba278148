namespace Kobune.Controllers.Deployments;

/// <summary>
/// Spreads a change of size over the ReplicaSets of a rollout that is under way, in proportion to their sizes, so that the
/// risk stays spread as it was.
/// </summary>
internal static class ProportionalScaling
{
    /// <param name="Size">the declared size now</param>
    /// <param name="MaxBefore">replicas + surge when it was last scaled (annotation deployment.kubernetes.io/max-replicas), or the Deployment's status.replicas</param>
    public readonly record struct Part(int Size, int MaxBefore);

    /// <summary>The new sizes, in the order given; what rounding leaves over goes to the first.</summary>
    /// <param name="parts">the active ReplicaSets: largest first, and among equals the newer first when growing, the older first when shrinking</param>
    /// <param name="desired">the Deployment's replicas</param>
    /// <param name="maxSurge">how many above it</param>
    public static int[] Spread(IReadOnlyList<Part> parts, int desired, int maxSurge)
    {
        var allowed = desired > 0 ? desired + maxSurge : 0;
        var toAdd = allowed - parts.Sum(p => p.Size);
        var added = 0;
        var sizes = new int[parts.Count];
        for (var i = 0; i < parts.Count; i++)
        {
            var share = toAdd == 0 ? 0 : Share(parts[i], desired, maxSurge, toAdd, added);
            sizes[i] = parts[i].Size + share;
            added += share;
        }

        if (sizes.Length > 0 && toAdd != 0)
        {
            sizes[0] = Math.Max(0, sizes[0] + toAdd - added);
        }

        return sizes;
    }

    private static int Share(Part part, int desired, int maxSurge, int toAdd, int added)
    {
        if (part.Size == 0 || toAdd == added)
        {
            return 0;
        }

        var left = toAdd - added;
        var fraction = Fraction(part, desired, maxSurge);
        return toAdd > 0 ? Math.Min(fraction, left) : Math.Max(fraction, left);
    }

    private static int Fraction(Part part, int desired, int maxSurge)
    {
        if (desired == 0)
        {
            return -part.Size;
        }

        var size = part.MaxBefore == 0 ? part.Size : (double)part.Size * (desired + maxSurge) / part.MaxBefore;
        return (int)Math.Round(size, MidpointRounding.AwayFromZero) - part.Size;
    }
}
