using Kobune.Api.ApiExtensions.V1;

namespace Kobune.ApiServer.CustomResources.Definitions;

/// <summary>status.conditions of a CustomResourceDefinition.</summary>
internal static class DefinitionConditions
{
    public const string CleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

    /// <summary>Sets a condition; its time changes only with its status.</summary>
    public static void Set(CustomResourceDefinition definition, string type, string status, string reason, string message, DateTimeOffset now)
    {
        var condition = definition.Status.Conditions.Find(c => c.Type == type);
        if (condition is null)
        {
            definition.Status.Conditions.Add(condition = new CustomResourceDefinitionCondition { Type = type });
        }

        if (condition.Status != status || condition.LastTransitionTime is null)
        {
            condition.LastTransitionTime = now;
        }

        condition.Status = status;
        condition.Reason = reason;
        condition.Message = message;
    }
}
