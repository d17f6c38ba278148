using Kobune.Api;
using Kobune.Client;

namespace Kobune.Testing.Controllers;

/// <summary>Waiting for states of the cluster, by watching: no sleeps.</summary>
public static class Waiting
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Waits until an object of the kind satisfies the condition and returns it.</summary>
    public static async Task<T> WaitAsync<T>(this IKubeClient client, string? ns, Func<T, bool> condition, string what = "") where T : KubeObject, IKubeKind<T>
    {
        var found = await client.WaitAllAsync<T>(ns, all => all.Any(condition), what);
        return found.First(condition);
    }

    /// <summary>Waits until all objects of the kind in the namespace together satisfy the condition.</summary>
    public static async Task<IReadOnlyList<T>> WaitAllAsync<T>(this IKubeClient client, string? ns, Func<IReadOnlyList<T>, bool> condition, string what = "") where T : KubeObject, IKubeKind<T>
    {
        using var patience = new CancellationTokenSource(Patience);
        var objects = new Dictionary<string, T>();
        try
        {
            var list = await client.ListAsync<T>(ns, cancellationToken: patience.Token);
            foreach (var item in list.Items)
            {
                objects[item.Key] = item;
            }

            if (condition([.. objects.Values]))
            {
                return [.. objects.Values];
            }

            var options = new WatchOptions { ResourceVersion = list.Metadata.ResourceVersion };
            await foreach (var change in client.WatchAsync<T>(ns, options, patience.Token))
            {
                switch (change.Type)
                {
                    case WatchEventType.Bookmark:
                        continue;
                    case WatchEventType.Deleted:
                        objects.Remove(change.Object.Key);
                        break;
                    default:
                        objects[change.Object.Key] = change.Object;
                        break;
                }

                if (condition([.. objects.Values]))
                {
                    return [.. objects.Values];
                }
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // told below
        }

        throw new TimeoutException($"Waited in vain for {T.Info.Plural} {what}. They are:\n{string.Join("\n", objects.Values)}");
    }

    /// <summary>Waits until the object does not exist.</summary>
    public static Task WaitGoneAsync<T>(this IKubeClient client, string? ns, string name) where T : KubeObject, IKubeKind<T> =>
        client.WaitAllAsync<T>(ns, all => all.All(o => o.Metadata.Name != name), $"without {name}");
}
