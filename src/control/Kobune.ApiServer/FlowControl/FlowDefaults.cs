using Kobune.Api.FlowControl.V1;

namespace Kobune.ApiServer.FlowControl;

/// <summary>The schemas and levels that every cluster has: two that cannot be done without, and those that are suggested.</summary>
internal static class FlowDefaults
{
    /// <summary>"true": the server may bring the object's spec up to date with its own.</summary>
    public const string AutoUpdate = "apf.kubernetes.io/autoupdate-spec";

    private const string All = "*";

    /// <summary>Schemas and levels that are made again when somebody deletes them.</summary>
    public static readonly string[] Mandatory = ["exempt", "catch-all"];

    public static List<PriorityLevelConfiguration> Levels() =>
    [
        Named(new PriorityLevelConfiguration { Spec = new() { Type = "Exempt", Exempt = new() { NominalConcurrencyShares = 0, LendablePercent = 0 } } }, "exempt"),
        Level("node-high", 40, 25, 64, 6),
        Level("system", 30, 33, 64, 6),
        Level("leader-election", 10, 0, 16, 4),
        Level("workload-high", 40, 50, 128, 6),
        Level("workload-low", 100, 90, 128, 6),
        Level("global-default", 20, 50, 128, 6),
        Named(new PriorityLevelConfiguration { Spec = new() { Type = "Limited", Limited = new() { NominalConcurrencyShares = 5, LendablePercent = 0, LimitResponse = new() { Type = "Reject" } } } }, "catch-all"),
    ];

    public static List<FlowSchema> Schemas()
    {
        string[] elections = ["get", "create", "update"];
        return
        [
            Schema("exempt", "exempt", 1, null, Rule([Group("system:masters")], Everything(), Anything())),
            Schema("probes", "exempt", 2, null, Rule([Group("system:unauthenticated"), Group("system:authenticated")], null, Paths("get", "/healthz", "/readyz", "/livez"))),
            Schema("system-leader-election", "leader-election", 100, "ByUser",
                Rule([User("system:kube-controller-manager"), User("system:kube-scheduler"), Account("kube-system", All)], Resource(elections, ["coordination.k8s.io"], ["leases"]))),
            Schema("endpoint-controller", "workload-high", 150, "ByUser",
                Rule([User("system:kube-controller-manager"), Account("kube-system", "endpoint-controller"), Account("kube-system", "endpointslicemirroring-controller")], Resource(["get", "create", "update"], [""], ["endpoints"]))),
            Schema("workload-leader-election", "leader-election", 200, "ByUser", Rule([Account("kube-system", All)], Resource(elections, ["coordination.k8s.io"], ["leases"]))),
            Schema("system-node-high", "node-high", 400, "ByUser",
                Rule([Group("system:nodes")], Resource([All], [""], ["nodes", "nodes/status"], cluster: true)),
                Rule([Group("system:nodes")], Resource([All], ["coordination.k8s.io"], ["leases"]))),
            Schema("system-nodes", "system", 500, "ByUser", Rule([Group("system:nodes")], Everything(), Anything())),
            Schema("kube-controller-manager", "workload-high", 800, "ByNamespace", Rule([User("system:kube-controller-manager")], Everything(), Anything())),
            Schema("kube-scheduler", "workload-high", 800, "ByNamespace", Rule([User("system:kube-scheduler")], Everything(), Anything())),
            Schema("kube-system-service-accounts", "workload-high", 900, "ByNamespace", Rule([Account("kube-system", All)], Everything(), Anything())),
            Schema("service-accounts", "workload-low", 9000, "ByUser", Rule([Group("system:serviceaccounts")], Everything(), Anything())),
            Schema("global-default", "global-default", 9900, "ByUser", Rule([Group("system:unauthenticated"), Group("system:authenticated")], Everything(), Anything())),
            Schema("catch-all", "catch-all", 10000, "ByUser", Rule([Group("system:unauthenticated"), Group("system:authenticated")], Everything(), Anything())),
        ];
    }

    private static PriorityLevelConfiguration Level(string name, int shares, int lendable, int queues, int hand) => Named(
        new PriorityLevelConfiguration
        {
            Spec = new()
            {
                Type = "Limited",
                Limited = new()
                {
                    NominalConcurrencyShares = shares,
                    LendablePercent = lendable,
                    LimitResponse = new() { Type = "Queue", Queuing = new() { Queues = queues, HandSize = hand, QueueLengthLimit = 50 } },
                },
            },
        },
        name);

    private static FlowSchema Schema(string name, string level, int precedence, string? distinguisher, params List<PolicyRulesWithSubjects> rules) => Named(
        new FlowSchema
        {
            Spec = new()
            {
                PriorityLevelConfiguration = new() { Name = level },
                MatchingPrecedence = precedence,
                DistinguisherMethod = distinguisher is null ? null : new() { Type = distinguisher },
                Rules = rules,
            },
        },
        name);

    private static T Named<T>(T obj, string name) where T : Kobune.Api.KubeObject
    {
        obj.Metadata.Name = name;
        obj.Metadata.Annotations[AutoUpdate] = "true";
        return obj;
    }

    private static PolicyRulesWithSubjects Rule(List<Subject> subjects, ResourcePolicyRule? resource, NonResourcePolicyRule? other = null) =>
        new() { Subjects = subjects, ResourceRules = resource is null ? [] : [resource], NonResourceRules = other is null ? [] : [other] };

    private static Subject Group(string name) => new() { Kind = "Group", Group = new() { Name = name } };

    private static Subject User(string name) => new() { Kind = "User", User = new() { Name = name } };

    private static Subject Account(string ns, string name) => new() { Kind = "ServiceAccount", ServiceAccount = new() { Namespace = ns, Name = name } };

    private static ResourcePolicyRule Everything() => Resource([All], [All], [All], cluster: true);

    private static ResourcePolicyRule Resource(string[] verbs, string[] groups, string[] resources, bool cluster = false) =>
        new() { Verbs = [.. verbs], ApiGroups = [.. groups], Resources = [.. resources], Namespaces = [All], ClusterScope = cluster };

    private static NonResourcePolicyRule Anything() => new() { Verbs = [All], NonResourceURLs = [All] };

    private static NonResourcePolicyRule Paths(string verb, params string[] paths) => new() { Verbs = [verb], NonResourceURLs = [.. paths] };
}
