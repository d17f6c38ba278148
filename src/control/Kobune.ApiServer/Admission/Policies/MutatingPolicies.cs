using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.AdmissionRegistration.V1;
using Kobune.ApiServer.Admission.Dynamic;
using Kobune.ApiServer.Cel;
using Kobune.ApiServer.Patching;
using Kobune.ApiServer.Patching.Fields;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.Admission.Policies;

/// <summary>MutatingAdmissionPolicies in force through their bindings: expressions that make a partial object to apply, or a JSON patch.</summary>
internal sealed class MutatingPolicies(ApiServerServices services) : IAdmissionPlugin
{
    private readonly RequestMatcher matcher = new(services);
    private readonly MatchConditions conditions = new(services);

    public string Name => "MutatingAdmissionPolicy";

    public async ValueTask AdmitAsync(AdmissionContext context, CancellationToken cancellationToken)
    {
        if (RequestMatcher.IsExempt(context) || context.Object is null)
        {
            return;
        }

        var policies = await services.Objects.ListAsync(ResourceInfo.Of<MutatingAdmissionPolicy>(), null, false, cancellationToken).ConfigureAwait(false);
        if (policies.Count == 0)
        {
            return;
        }

        var bindings = (await services.Objects.ListAsync(ResourceInfo.Of<MutatingAdmissionPolicyBinding>(), null, false, cancellationToken).ConfigureAwait(false)).Cast<MutatingAdmissionPolicyBinding>().ToList();
        var changed = new List<(MutatingAdmissionPolicy Policy, MutatingAdmissionPolicyBinding Binding, KubeObject? After)>();
        foreach (var policy in policies.Cast<MutatingAdmissionPolicy>())
        {
            foreach (var binding in bindings.Where(b => b.Spec.PolicyName == policy.Metadata.Name))
            {
                await ApplyAsync(policy, binding, context, cancellationToken).ConfigureAwait(false);
                changed.Add((policy, binding, context.Object));
            }
        }

        foreach (var (policy, binding, after) in changed)
        {
            if (policy.Spec.ReinvocationPolicy == "IfNeeded" && !ReferenceEquals(after, context.Object))
            {
                await ApplyAsync(policy, binding, context, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask ApplyAsync(MutatingAdmissionPolicy policy, MutatingAdmissionPolicyBinding binding, AdmissionContext context, CancellationToken cancellationToken)
    {
        if (MatchCriteria.Of(policy.Spec.MatchConstraints) is not { } criteria
            || await matcher.MatchAsync(context, criteria, false, cancellationToken).ConfigureAwait(false) is not { } presented
            || (MatchCriteria.Of(binding.Spec.MatchResources) is { } narrower && await matcher.MatchAsync(context, narrower, true, cancellationToken).ConfigureAwait(false) is null))
        {
            return;
        }

        var closed = policy.Spec.FailurePolicy != "Ignore";
        var who = $"policy '{policy.Metadata.Name}' with binding '{binding.Metadata.Name}'";
        var old = RequestMatcher.Show(context, presented, context.OldObject);
        var shown = RequestMatcher.Show(context, presented, context.Object)!;
        if (!await conditions.HoldAsync(who, policy.Spec.MatchConditions, closed, context, presented, shown, old, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        foreach (var parameters in await PolicyParameters.OfAsync(services, context, who, policy.Spec.ParamKind, binding.Spec.ParamRef, closed, cancellationToken).ConfigureAwait(false))
        {
            foreach (var mutation in policy.Spec.Mutations)
            {
                shown = RequestMatcher.Show(context, presented, context.Object)!;
                var scope = new ExpressionScope(services, context, presented, shown, old, parameters, policy.Spec.Variables);
                var expression = (mutation.PatchType == "JSONPatch" ? mutation.JsonPatch?.Expression : mutation.ApplyConfiguration?.Expression) ?? "";
                var (value, error) = await scope.EvaluateAsync(expression, cancellationToken).ConfigureAwait(false);
                if (error is null)
                {
                    error = TryApply(context, presented, shown, mutation.PatchType, value);
                }

                if (error is not null && closed)
                {
                    throw StatusErrors.Forbidden(context.Resource, context.Name, $"{who} denied request: {error}");
                }
            }
        }
    }

    /// <summary>null, or what went wrong.</summary>
    private static string? TryApply(AdmissionContext context, ServedResource presented, KubeObject shown, string patchType, object? value)
    {
        try
        {
            var before = KubeJson.Write(shown);
            var tree = JsonNode.Parse(before)!.AsObject();
            var made = CelJson.ToNode(value);
            var changed = patchType == "JSONPatch"
                ? JsonPatch.Apply(tree, JsonText.Write(made ?? new JsonArray()))
                : FieldMerge.Merge(tree, made, TypeValueSchema.For(shown.Resource.Schema));
            var after = JsonText.Write(changed!);
            if (!before.AsSpan().SequenceEqual(after))
            {
                context.Object = RequestMatcher.TakeBack(context, presented, shown, after);
            }

            return null;
        }
        catch (Exception e) when (e is CelException or PatchException or KubeDecodeException)
        {
            return e.Message;
        }
    }
}
