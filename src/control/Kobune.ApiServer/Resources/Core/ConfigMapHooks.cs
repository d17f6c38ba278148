using System.Text;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>ConfigMaps: at most 1 MiB, no key twice, unchangeable once marked so.</summary>
internal sealed class ConfigMapHooks : TypedHooks<ConfigMap>
{
    /// <summary>What a ConfigMap's or Secret's values may weigh together, in bytes.</summary>
    internal const int MaxSize = 1024 * 1024;

    internal const string Fixed = "field is immutable when `immutable` is set";

    protected override void Validate(ConfigMap obj, FieldErrorList errors)
    {
        long size = 0;
        foreach (var (key, value) in obj.Data)
        {
            Key(key, "data", errors);
            if (obj.BinaryData.ContainsKey(key))
            {
                errors.Invalid(FieldPath.New("data").Key(key), key, "duplicate of key present in binaryData");
            }

            size += value.Length > MaxSize ? value.Length : Encoding.UTF8.GetByteCount(value);
        }

        foreach (var (key, value) in obj.BinaryData)
        {
            Key(key, "binaryData", errors);
            size += value.Length;
        }

        if (size > MaxSize)
        {
            errors.TooLong("", MaxSize);
        }
    }

    protected override void ValidateUpdate(ConfigMap obj, ConfigMap old, FieldErrorList errors)
    {
        if (old.Immutable == true)
        {
            if (obj.Immutable != true)
            {
                errors.Forbidden("immutable", Fixed);
            }

            if (obj.Data.Count != old.Data.Count || obj.Data.Except(old.Data).Any())
            {
                errors.Forbidden("data", Fixed);
            }

            if (!SameBytes(obj.BinaryData, old.BinaryData))
            {
                errors.Forbidden("binaryData", Fixed);
            }
        }

        Validate(obj, errors);
    }

    internal static bool SameBytes(Dictionary<string, byte[]> a, Dictionary<string, byte[]> b) =>
        a.Count == b.Count && a.All(p => b.TryGetValue(p.Key, out var other) && p.Value.AsSpan().SequenceEqual(other));

    // The path is only made for keys that are wrong: ConfigMaps are written by the thousand.
    internal static void Key(string key, string field, FieldErrorList errors)
    {
        var problems = Names.ConfigMapKey(key);
        if (problems.Count > 0)
        {
            errors.Each(FieldPath.New(field).Key(key), key, problems);
        }
    }
}
