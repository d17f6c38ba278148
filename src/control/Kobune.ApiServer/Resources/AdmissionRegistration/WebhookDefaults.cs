using Kobune.Api.AdmissionRegistration.V1;
using Kobune.Api.Meta.V1;

namespace Kobune.ApiServer.Resources.AdmissionRegistration;

/// <summary>What webhooks and policies leave out.</summary>
internal static class WebhookDefaults
{
    public const int TimeoutSeconds = 10;
    private const int Port = 443;

    public static void Client(WebhookClientConfig client)
    {
        if (client.Service is { } service)
        {
            service.Port ??= Port;
        }
    }

    public static void Rules(List<RuleWithOperations> rules)
    {
        foreach (var rule in rules)
        {
            rule.Scope ??= "*";
        }
    }

    public static void Match(MatchResources? match)
    {
        if (match is null)
        {
            return;
        }

        match.MatchPolicy ??= "Equivalent";
        match.NamespaceSelector ??= new LabelSelector();
        match.ObjectSelector ??= new LabelSelector();
        foreach (var rule in match.ResourceRules.Concat(match.ExcludeResourceRules))
        {
            rule.Scope ??= "*";
        }
    }
}
