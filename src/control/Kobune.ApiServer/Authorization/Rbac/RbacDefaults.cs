using Kobune.Api.Rbac.V1;

namespace Kobune.ApiServer.Authorization.Rbac;

/// <summary>The roles and bindings that a cluster starts with, read from Defaults/rbac-defaults.txt, whose head states the notation.</summary>
internal sealed class RbacDefaults
{
    private const string GroupName = "rbac.authorization.k8s.io";
    private const string AggregateTo = "rbac.authorization.k8s.io/aggregate-to-";

    /// <summary>With this annotation false on an object, its rules are left as somebody changed them.</summary>
    public const string AutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

    public List<ClusterRole> ClusterRoles { get; } = [];
    public List<ClusterRoleBinding> ClusterRoleBindings { get; } = [];
    public List<Role> Roles { get; } = [];
    public List<RoleBinding> RoleBindings { get; } = [];

    public static RbacDefaults Load()
    {
        using var stream = typeof(RbacDefaults).Assembly.GetManifestResourceStream("rbac-defaults.txt")!;
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd());
    }

    /// <exception cref="FormatException">A line is not in the notation; the message has its number.</exception>
    internal static RbacDefaults Parse(string text)
    {
        var result = new RbacDefaults();
        List<PolicyRule>? rules = null;
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }
            try
            {
                if (line[0] == ' ')
                {
                    rules!.Add(ParseRule(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
                }
                else
                {
                    rules = result.ParseHead(line);
                }
            }
            catch (Exception e) when (e is IndexOutOfRangeException or NullReferenceException or FormatException)
            {
                throw new FormatException($"rbac-defaults.txt line {number}: «{line}» is not understood");
            }
        }
        return result;
    }

    private List<PolicyRule>? ParseHead(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words[0])
        {
            case "clusterrole":
                var clusterRole = new ClusterRole { Metadata = Metadata(words[1]) };
                for (var i = 2; i < words.Length; i += 2)
                {
                    Aggregate(clusterRole, words[i], words[i + 1].Split(','));
                }
                ClusterRoles.Add(clusterRole);
                return clusterRole.Rules;
            case "role":
                var role = new Role { Metadata = Metadata(words[1]) };
                Roles.Add(role);
                return role.Rules;
            case "clusterrolebinding":
                ClusterRoleBindings.Add(new ClusterRoleBinding { Metadata = Metadata(words[1]), RoleRef = Reference(words), Subjects = Subjects(line) });
                return null;
            case "rolebinding":
                RoleBindings.Add(new RoleBinding { Metadata = Metadata(words[1]), RoleRef = Reference(words), Subjects = Subjects(line) });
                return null;
            default:
                throw new FormatException();
        }
    }

    private static void Aggregate(ClusterRole role, string direction, string[] labels)
    {
        foreach (var label in labels)
        {
            if (direction == "to")
            {
                role.Metadata.Labels[AggregateTo + label] = "true";
            }
            else
            {
                (role.AggregationRule ??= new AggregationRule()).ClusterRoleSelectors.Add(new() { MatchLabels = { [AggregateTo + label] = "true" } });
            }
        }
    }

    private static PolicyRule ParseRule(string[] words)
    {
        var rule = new PolicyRule { Verbs = [.. words[0].Split(',')] };
        if (words[1] == "at")
        {
            rule.NonResourceURLs = [.. words[2].Split(',')];
            return rule;
        }
        rule.Resources = [.. words[2].Split(',')];
        rule.ApiGroups = [.. words[4].Split(',').Select(g => g == "core" ? "" : g)];
        if (words.Length > 5)
        {
            rule.ResourceNames = [.. words[6].Split(',')];
        }
        return rule;
    }

    private static Kobune.Api.Meta.V1.ObjectMeta Metadata(string name)
    {
        var slash = name.IndexOf('/');
        return new()
        {
            Namespace = slash < 0 ? "" : name[..slash],
            Name = name[(slash + 1)..],
            Labels = { ["kubernetes.io/bootstrapping"] = "rbac-defaults" },
            Annotations = { [AutoUpdate] = "true" },
        };
    }

    private static RoleRef Reference(string[] words) => new()
    {
        ApiGroup = GroupName,
        Kind = words[3] == "role" ? "Role" : "ClusterRole",
        Name = words[4].TrimEnd(':'),
    };

    private static List<Subject> Subjects(string line)
    {
        var subjects = new List<Subject>();
        foreach (var part in line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var space = part.IndexOf(' ');
            var name = part[(space + 1)..];
            subjects.Add(part[..space] switch
            {
                "user" => new Subject { Kind = "User", ApiGroup = GroupName, Name = name },
                "group" => new Subject { Kind = "Group", ApiGroup = GroupName, Name = name },
                _ => new Subject { Kind = "ServiceAccount", Namespace = name[..name.IndexOf('/')], Name = name[(name.IndexOf('/') + 1)..] },
            });
        }
        return subjects;
    }
}
