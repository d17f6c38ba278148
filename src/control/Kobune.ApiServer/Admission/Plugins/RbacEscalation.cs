using Kobune.Api;
using Kobune.Api.Rbac.V1;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authorization;
using Kobune.ApiServer.Authorization.Rbac;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>
/// Nobody gives away more than they have: writing a role needs all its rules (or the verb escalate), binding one as well
/// (or the verb bind). Upstream does this in storage, before everything else; the effect is the same.
/// </summary>
internal sealed class RbacEscalation(ApiServerServices services) : IAdmissionPlugin
{
    private const string Group = "rbac.authorization.k8s.io";
    private static readonly PolicyRule[] FullAuthority =
        [new() { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] }, new() { Verbs = ["*"], NonResourceURLs = ["*"] }];

    private readonly RbacAuthorizer rbac = new(services);

    public string Name => "RbacEscalation";

    public async ValueTask ValidateAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (context.Operation is not (AdmissionOperation.Create or AdmissionOperation.Update) || context.Resource.Group != Group
            || context.Subresource.Length > 0 || context.User.Groups.Contains(UserInfo.Masters))
        {
            return;
        }

        switch (context.Object)
        {
            case Role role when Changed(role.Rules, (context.OldObject as Role)?.Rules):
                await RoleAsync(context, role.Rules, cancellationToken).ConfigureAwait(false);
                break;
            case ClusterRole role when Changed(role.Rules, (context.OldObject as ClusterRole)?.Rules)
                || !ApiStruct.DeepEquals(role.AggregationRule, (context.OldObject as ClusterRole)?.AggregationRule):
                await ClusterRoleAsync(context, role, cancellationToken).ConfigureAwait(false);
                break;
            case RoleBinding binding when Changed(binding.Subjects, (context.OldObject as RoleBinding)?.Subjects):
                await BindingAsync(context, binding.RoleRef, cancellationToken).ConfigureAwait(false);
                break;
            case ClusterRoleBinding binding when Changed(binding.Subjects, (context.OldObject as ClusterRoleBinding)?.Subjects):
                await BindingAsync(context, binding.RoleRef, cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    private static bool Changed<T>(List<T> now, List<T>? before)
        where T : ApiStruct => before is null || !ApiStruct.DeepEquals<T>(now, before);

    private async ValueTask RoleAsync(AdmissionContext context, List<PolicyRule> rules, CancellationToken cancellationToken)
    {
        if (!await MayAsync(context, "escalate", context.Resource.Plural, context.Name, cancellationToken).ConfigureAwait(false))
        {
            await HoldsAsync(context, rules, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask ClusterRoleAsync(AdmissionContext context, ClusterRole role, CancellationToken cancellationToken)
    {
        if (await MayAsync(context, "escalate", context.Resource.Plural, context.Name, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        await HoldsAsync(context, role.Rules, cancellationToken).ConfigureAwait(false);
        // An aggregated role gets whatever rules appear later.
        if (role.AggregationRule is not null)
        {
            var held = await rbac.RulesForAsync(context.User, "", cancellationToken).ConfigureAwait(false);
            if (FullAuthority.Any(r => !RuleMatch.Covers(held, r)))
            {
                throw Refusal.Forbid(context, "must have cluster-admin privileges to use the aggregationRule");
            }
        }
    }

    private async ValueTask BindingAsync(AdmissionContext context, RoleRef reference, CancellationToken cancellationToken)
    {
        var plural = reference.Kind == "Role" ? "roles" : "clusterroles";
        if (await MayAsync(context, "bind", plural, reference.Name, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var rules = reference.Kind == "Role"
            ? (await services.Objects.FindAsync<Role>(context.Namespace, reference.Name, cancellationToken).ConfigureAwait(false))?.Rules
            : (await services.Objects.FindAsync<ClusterRole>(null, reference.Name, cancellationToken).ConfigureAwait(false))?.Rules;
        await HoldsAsync(context, rules ?? throw StatusErrors.NotFound(Group, plural, reference.Name), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> MayAsync(AdmissionContext context, string verb, string resource, string name, CancellationToken cancellationToken)
    {
        var (decision, _) = await services.Authorizer.AuthorizeAsync(
            new RequestAttributes
            {
                User = context.User,
                Verb = verb,
                ApiGroup = Group,
                ApiVersion = "v1",
                Resource = resource,
                Namespace = context.Namespace,
                Name = name,
                IsResourceRequest = true,
            },
            cancellationToken).ConfigureAwait(false);
        return decision == Decision.Allow;
    }

    private async ValueTask HoldsAsync(AdmissionContext context, List<PolicyRule> wanted, CancellationToken cancellationToken)
    {
        var held = await rbac.RulesForAsync(context.User, context.Namespace, cancellationToken).ConfigureAwait(false);
        var missing = wanted.SelectMany(r => MissingRules.Of(held, r)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
        {
            var groups = string.Join(" ", context.User.Groups.Select(g => $"\"{g}\""));
            throw Refusal.Forbid(context, $"user \"{context.User.Name}\" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n{string.Join("\n", missing)}");
        }
    }
}
