using System.Text.Json.Nodes;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs.Create;

/// <summary>The sub-verbs that need hardly more than a name.</summary>
internal static class CreateSimple
{
    public static readonly IReadOnlyList<Command> Commands =
    [
        new("namespace", "Create a namespace with the specified name")
        {
            Aliases = ["ns"],
            Usage = "NAME [--dry-run=server|client|none]",
            Examples = "# A namespace\nkubectl create namespace team-a",
            Flags = CreateVerb.CommonFlags,
            Run = i =>
            {
                var ns = Object("v1", "Namespace", i);
                ns["spec"] = new JsonObject();
                ns["status"] = new JsonObject();
                return CreateVerb.CreateAsync(i, ns, "namespace");
            },
        },
        new("serviceaccount", "Create a service account with the specified name")
        {
            Aliases = ["sa"],
            Usage = "NAME [--dry-run=server|client|none]",
            Examples = "# A service account\nkubectl create serviceaccount builder",
            Flags = CreateVerb.CommonFlags,
            Run = i => CreateVerb.CreateAsync(i, Object("v1", "ServiceAccount", i), "serviceaccount"),
        },
        new("quota", "Create a quota with the specified name")
        {
            Aliases = ["resourcequota"],
            Usage = "NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]",
            Examples = "# At most ten pods and four cores\nkubectl create quota team --hard=pods=10,cpu=4",
            Flags = [Flag.Text("hard", "Limits: key=value, comma-separated."), Flag.Text("scopes", "Scopes, comma-separated."), .. CreateVerb.CommonFlags],
            Run = QuotaAsync,
        },
        new("priorityclass", "Create a priority class with the specified name")
        {
            Aliases = ["pc"],
            Usage = "NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]",
            Examples = "# A class above the default\nkubectl create priorityclass high --value=1000",
            Flags =
            [
                Flag.Text("description", "What the class is for."), Flag.Bool("global-default", "Pods that name no class get this one."),
                Flag.Text("preemption-policy", "PreemptLowerPriority or Never.", value: "PreemptLowerPriority"), Flag.Int("value", "The priority.", 0), .. CreateVerb.CommonFlags,
            ],
            Run = PriorityClassAsync,
        },
        new("poddisruptionbudget", "Create a pod disruption budget with the specified name")
        {
            Aliases = ["pdb"],
            Usage = "NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]",
            Examples = "# Keep at least two pods of an application\nkubectl create pdb web --selector=app=web --min-available=2",
            Flags =
            [
                Flag.Text("max-unavailable", "How many pods may be missing: number or percentage."), Flag.Text("min-available", "How many pods must be there: number or percentage."),
                Flag.Text("selector", "Selector of the pods."), .. CreateVerb.CommonFlags,
            ],
            Run = BudgetAsync,
        },
    ];

    public static JsonObject Object(string apiVersion, string kind, Invocation i) =>
        new() { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = CreateVerb.Metadata(CreateVerb.Name(i)) };

    private static Task<int> QuotaAsync(Invocation i)
    {
        var quota = Object("v1", "ResourceQuota", i);
        var spec = quota.Ensure("spec");
        foreach (var pair in i.Flags.Text("hard").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            spec.Ensure("hard")[parts[0]] = parts.Length == 2 ? parts[1] : throw new CommandException($"invalid argument syntax {pair}, expected <resource>=<value>");
        }

        if (i.Flags.TextOrNull("scopes") is { } scopes)
        {
            spec["scopes"] = new JsonArray([.. scopes.Split(',').Select(s => (JsonNode)s)]);
        }

        quota["status"] = new JsonObject();
        return CreateVerb.CreateAsync(i, quota, "quota");
    }

    private static Task<int> PriorityClassAsync(Invocation i)
    {
        var obj = Object("scheduling.k8s.io/v1", "PriorityClass", i);
        obj["value"] = i.Flags.Int("value");
        if (i.Flags.Bool("global-default"))
        {
            obj["globalDefault"] = true;
        }

        if (i.Flags.TextOrNull("description") is { } description)
        {
            obj["description"] = description;
        }

        obj["preemptionPolicy"] = i.Flags.Text("preemption-policy");
        return CreateVerb.CreateAsync(i, obj, "priorityclass");
    }

    private static Task<int> BudgetAsync(Invocation i)
    {
        var budget = Object("policy/v1", "PodDisruptionBudget", i);
        var (min, max) = (i.Flags.TextOrNull("min-available"), i.Flags.TextOrNull("max-unavailable"));
        if (i.Flags.TextOrNull("selector") is not { } selector)
        {
            throw new CommandException("a selector must be specified");
        }

        if ((min is null) == (max is null))
        {
            throw new CommandException(min is null ? "one of min-available or max-unavailable must be specified" : "min-available and max-unavailable cannot be both specified");
        }

        var spec = budget.Ensure("spec");
        spec[min is null ? "maxUnavailable" : "minAvailable"] = int.TryParse(min ?? max, out var number) ? number : (min ?? max);
        spec["selector"] = new JsonObject
        {
            ["matchLabels"] = new JsonObject(selector.Split(',').Select(p => p.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], (JsonNode?)p.ElementAtOrDefault(1)))),
        };
        budget["status"] = new JsonObject { ["currentHealthy"] = 0, ["desiredHealthy"] = 0, ["disruptionsAllowed"] = 0, ["expectedPods"] = 0 };
        return CreateVerb.CreateAsync(i, budget, "poddisruptionbudgets");
    }
}
