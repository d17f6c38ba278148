using System.Globalization;
using Kobune.Api;
using Kobune.Runtime;

namespace Kobune.Controllers;

/// <summary>
/// What a controller has written for an owner and its cache may not show yet. Acting on an older cache would write the same
/// again, or undo it; the event that makes the cache current brings the controller back.
/// </summary>
internal sealed class WrittenVersions
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, Dictionary<string, (ObjectKey Key, ulong Version, bool Gone)>> _written = [];

    public void Wrote(ObjectKey owner, KubeObject obj) => Note(owner, obj, gone: false);

    public void Deleted(ObjectKey owner, KubeObject obj) => Note(owner, obj, gone: true);

    public void Forget(ObjectKey owner)
    {
        lock (_gate)
        {
            _written.Remove(owner);
        }
    }

    /// <summary>Whether the cache shows everything that was written for the owner.</summary>
    public bool AreSeen<T>(ObjectKey owner, ILister<T> cache) where T : KubeObject
    {
        lock (_gate)
        {
            if (!_written.TryGetValue(owner, out var objects))
            {
                return true;
            }

            foreach (var (uid, (key, version, gone)) in objects.ToList())
            {
                var cached = cache.Get(key);
                var isThere = cached is not null && cached.Metadata.Uid == uid;
                if (gone ? !isThere : isThere ? VersionOf(cached!) >= version : WasSeenLater(cache, version))
                {
                    objects.Remove(uid);
                }
            }

            if (objects.Count == 0)
            {
                _written.Remove(owner);
            }

            return objects.Count == 0;
        }
    }

    // Absent from the cache: not arrived yet, unless the cache already shows something later than the write.
    private static bool WasSeenLater<T>(ILister<T> cache, ulong version) where T : KubeObject => cache.List().Any(o => VersionOf(o) > version);

    private static ulong VersionOf(KubeObject obj) => ulong.TryParse(obj.Metadata.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    private void Note(ObjectKey owner, KubeObject obj, bool gone)
    {
        lock (_gate)
        {
            if (!_written.TryGetValue(owner, out var objects))
            {
                _written[owner] = objects = [];
            }

            objects[obj.Metadata.Uid] = (ObjectKey.Of(obj), VersionOf(obj), gone);
        }
    }
}
