using System.Globalization;
using Kobune.Api;

namespace Kobune.ApiServer.Admission.Plugins.PodSecurity;

internal enum Level { Privileged, Baseline, Restricted }

/// <summary>A level as of a minor version; int.MaxValue is the latest.</summary>
internal readonly record struct LevelVersion(Level Level, int Minor)
{
    public const int Latest = int.MaxValue;

    public override string ToString() => $"{Level.ToString().ToLowerInvariant()}:{(Minor == Latest ? "latest" : string.Create(CultureInfo.InvariantCulture, $"v1.{Minor}"))}";
}

/// <summary>What the labels of a namespace ask for.</summary>
internal sealed record NamespacePolicy(LevelVersion Enforce, LevelVersion Audit, LevelVersion Warn)
{
    private const string Prefix = "pod-security.kubernetes.io/";

    public static NamespacePolicy Open { get; } = new(new(Level.Privileged, LevelVersion.Latest), new(Level.Privileged, LevelVersion.Latest), new(Level.Privileged, LevelVersion.Latest));

    /// <summary>A level that cannot be read counts as the strictest, when enforced, and as none otherwise.</summary>
    public static NamespacePolicy Read(IReadOnlyDictionary<string, string> labels, List<FieldError> errors)
    {
        var enforce = One(labels, "enforce", Level.Restricted, errors);
        var warn = labels.ContainsKey(Prefix + "warn") || labels.ContainsKey(Prefix + "warn-version") ? One(labels, "warn", Level.Privileged, errors) : new LevelVersion(Level.Privileged, LevelVersion.Latest);
        var audit = One(labels, "audit", Level.Privileged, errors);
        // What is enforced is warned of in workloads too, when nothing stricter is asked for: their Pods would fail later, out of sight.
        return new NamespacePolicy(enforce, audit, labels.ContainsKey(Prefix + "warn") ? warn : enforce);
    }

    private static LevelVersion One(IReadOnlyDictionary<string, string> labels, string mode, Level whenWrong, List<FieldError> errors)
    {
        var level = Level.Privileged;
        if (labels.TryGetValue(Prefix + mode, out var text) && !Enum.GetValues<Level>().Any(l => Is(l, text, out level)))
        {
            errors.Add(FieldError.Invalid(FieldPath.New("metadata", "labels").Key(Prefix + mode), text, "must be one of privileged, baseline, restricted"));
            level = whenWrong;
        }

        return new LevelVersion(level, Version(labels, mode, errors));
    }

    private static int Version(IReadOnlyDictionary<string, string> labels, string mode, List<FieldError> errors)
    {
        var key = $"{Prefix}{mode}-version";
        if (!labels.TryGetValue(key, out var text) || text == "latest")
        {
            return LevelVersion.Latest;
        }

        if (text.StartsWith("v1.", StringComparison.Ordinal) && int.TryParse(text.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var minor))
        {
            return minor;
        }

        errors.Add(FieldError.Invalid(FieldPath.New("metadata", "labels").Key(key), text, "must be \"latest\" or \"v1.x\""));
        return LevelVersion.Latest;
    }

    private static bool Is(Level level, string text, out Level found)
    {
        found = level;
        return text == level.ToString().ToLowerInvariant();
    }
}
