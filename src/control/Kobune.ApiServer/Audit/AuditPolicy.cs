using System.Text.Json;
using Kobune.Api;
using Kobune.ApiServer.Authorization;

namespace Kobune.ApiServer.Audit;

/// <summary>Which requests are recorded, and how much of them: the first rule that matches decides (audit.k8s.io/v1 Policy).</summary>
public sealed class AuditPolicy
{
    private static readonly string[] Stages = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];
    private readonly List<Rule> _rules = [];
    private readonly HashSet<string> _omitStages;
    private readonly bool _omitManagedFields;

    private AuditPolicy(JsonElement root)
    {
        if (Text(root, "kind") != "Policy" || Text(root, "apiVersion") != "audit.k8s.io/v1")
        {
            throw new FormatException("an audit policy has apiVersion audit.k8s.io/v1 and kind Policy");
        }

        _omitStages = StagesOf(root, "omitStages");
        _omitManagedFields = root.TryGetProperty("omitManagedFields", out var omit) && omit.ValueKind == JsonValueKind.True;
        if (!root.TryGetProperty("rules", out var rules) || rules.ValueKind != JsonValueKind.Array || rules.GetArrayLength() == 0)
        {
            throw new FormatException("rules: Required value: an audit policy has at least one rule");
        }

        var i = 0;
        foreach (var rule in rules.EnumerateArray())
        {
            _rules.Add(new Rule(rule, $"rules[{i++}]"));
        }
    }

    /// <summary>Reads a policy in YAML or JSON.</summary>
    /// <exception cref="FormatException">Not a policy; the message says why.</exception>
    public static AuditPolicy Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(KubeYaml.ToJsonOne(text));
            return new AuditPolicy(document.RootElement.Clone());
        }
        catch (Exception e) when (e is JsonException or KubeDecodeException or InvalidOperationException)
        {
            throw new FormatException("not an audit policy: " + e.Message, e);
        }
    }

    /// <summary>The level of a request and the stages that are left out of its record.</summary>
    internal (AuditLevel Level, IReadOnlySet<string> OmitStages, bool OmitManagedFields) Decide(RequestAttributes request)
    {
        foreach (var rule in _rules)
        {
            if (rule.Matches(request))
            {
                return (rule.Level, rule.OmitStages.Count == 0 ? _omitStages : [.. rule.OmitStages, .. _omitStages], rule.OmitManagedFields ?? _omitManagedFields);
            }
        }

        return (AuditLevel.None, _omitStages, _omitManagedFields);
    }

    private static HashSet<string> StagesOf(JsonElement element, string name)
    {
        var stages = Strings(element, name).ToHashSet(StringComparer.Ordinal);
        return stages.FirstOrDefault(s => !Stages.Contains(s)) is { } wrong
            ? throw new FormatException($"{name}: Unsupported value: \"{wrong}\": supported values: {string.Join(", ", Stages.Select(s => $"\"{s}\""))}")
            : stages;
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static string[] Strings(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(v => v.GetString() ?? "")] : [];

    private sealed class Rule
    {
        private readonly string[] _users;
        private readonly string[] _groups;
        private readonly string[] _verbs;
        private readonly string[] _namespaces;
        private readonly string[] _paths;
        private readonly List<(string Group, string[] Resources, string[] Names)> _resources = [];

        public Rule(JsonElement rule, string path)
        {
            Level = Enum.TryParse<AuditLevel>(Text(rule, "level"), out var level)
                ? level
                : throw new FormatException($"{path}.level: Unsupported value: \"{Text(rule, "level")}\": supported values: \"None\", \"Metadata\", \"Request\", \"RequestResponse\"");
            (_users, _groups, _verbs) = (Strings(rule, "users"), Strings(rule, "userGroups"), Strings(rule, "verbs"));
            (_namespaces, _paths) = (Strings(rule, "namespaces"), Strings(rule, "nonResourceURLs"));
            OmitStages = StagesOf(rule, "omitStages");
            OmitManagedFields = rule.TryGetProperty("omitManagedFields", out var omit) ? omit.ValueKind == JsonValueKind.True : null;
            if (rule.TryGetProperty("resources", out var resources))
            {
                foreach (var entry in resources.EnumerateArray())
                {
                    _resources.Add((Text(entry, "group"), Strings(entry, "resources"), Strings(entry, "resourceNames")));
                }
            }

            if (_paths.Length > 0 && (_resources.Count > 0 || _namespaces.Length > 0))
            {
                throw new FormatException($"{path}.nonResourceURLs: Invalid value: rules cannot apply to both regular resources and non-resource URLs");
            }
        }

        public AuditLevel Level { get; }
        public HashSet<string> OmitStages { get; }
        public bool? OmitManagedFields { get; }

        public bool Matches(RequestAttributes request) =>
            (_users.Length == 0 || _users.Contains(request.User.Name))
            && (_groups.Length == 0 || _groups.Any(request.User.Groups.Contains))
            && (_verbs.Length == 0 || _verbs.Contains(request.Verb))
            && (request.IsResourceRequest ? Resource(request) : Path(request));

        private bool Path(RequestAttributes request) =>
            _resources.Count == 0 && _namespaces.Length == 0
            && (_paths.Length == 0 || _paths.Any(p => p == "*" || p == request.Path || (p.EndsWith('*') && request.Path.StartsWith(p.AsSpan(0, p.Length - 1), StringComparison.Ordinal))));

        private bool Resource(RequestAttributes request)
        {
            if (_paths.Length > 0 || (_namespaces.Length > 0 && !_namespaces.Contains(request.Namespace)))
            {
                return false;
            }

            var full = request.Subresource.Length == 0 ? request.Resource : request.Resource + "/" + request.Subresource;
            return _resources.Count == 0 || _resources.Exists(r => r.Group == request.ApiGroup
                && (r.Names.Length == 0 || r.Names.Contains(request.Name))
                && (r.Resources.Length == 0 || r.Resources.Any(p => p == "*" || p == full
                    || (p.EndsWith("/*", StringComparison.Ordinal) && p.AsSpan(0, p.Length - 2).SequenceEqual(request.Resource))
                    || (p.StartsWith("*/", StringComparison.Ordinal) && p.AsSpan(2).SequenceEqual(request.Subresource)))));
        }
    }
}
