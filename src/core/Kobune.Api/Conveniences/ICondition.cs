namespace Kobune.Api
{
    /// <summary>What the conditions of all kinds have in common.</summary>
    public interface ICondition
    {
        string Type { get; set; }
        string Status { get; set; }
        string Reason { get; set; }
        string Message { get; set; }
        DateTimeOffset? LastTransitionTime { get; set; }
    }

    /// <summary>Reading and changing lists of conditions.</summary>
    public static class Conditions
    {
        public static T? Get<T>(this List<T> conditions, string type)
            where T : class, ICondition
        {
            foreach (var condition in conditions)
            {
                if (condition.Type == type)
                {
                    return condition;
                }
            }

            return null;
        }

        public static bool IsTrue<T>(this List<T> conditions, string type)
            where T : class, ICondition => conditions.Get(type)?.Status == "True";

        /// <summary>
        /// Adds or updates by type. The transition time moves only when the status changes. Returns whether anything
        /// changed but time.
        /// </summary>
        public static bool Set<T>(this List<T> conditions, T condition, DateTimeOffset now)
            where T : class, ICondition
        {
            var existing = conditions.Get(condition.Type);
            if (existing == null)
            {
                condition.LastTransitionTime ??= KubeTime.Truncate(now);
                conditions.Add(condition);
                return true;
            }

            var moved = existing.Status != condition.Status;
            var changed = moved || existing.Reason != condition.Reason || existing.Message != condition.Message;
            condition.LastTransitionTime = moved ? condition.LastTransitionTime ?? KubeTime.Truncate(now) : existing.LastTransitionTime;
            conditions[conditions.IndexOf(existing)] = condition;
            return changed;
        }

        public static bool Remove<T>(this List<T> conditions, string type)
            where T : class, ICondition => conditions.RemoveAll(c => c.Type == type) > 0;
    }
}

namespace Kobune.Api.Meta.V1
{
    public sealed partial class Condition : ICondition;
}

namespace Kobune.Api.Core.V1
{
    public sealed partial class PodCondition : ICondition;

    public sealed partial class NodeCondition : ICondition;

    public sealed partial class NamespaceCondition : ICondition;

    public sealed partial class ReplicationControllerCondition : ICondition;

    public sealed partial class PersistentVolumeClaimCondition : ICondition;
}

namespace Kobune.Api.Apps.V1
{
    public sealed partial class DeploymentCondition : ICondition;

    public sealed partial class ReplicaSetCondition : ICondition;

    public sealed partial class StatefulSetCondition : ICondition;

    public sealed partial class DaemonSetCondition : ICondition;
}

namespace Kobune.Api.Batch.V1
{
    public sealed partial class JobCondition : ICondition;
}

namespace Kobune.Api.Autoscaling.V2
{
    public sealed partial class HorizontalPodAutoscalerCondition : ICondition;
}

namespace Kobune.Api.Certificates.V1
{
    public sealed partial class CertificateSigningRequestCondition : ICondition;
}

namespace Kobune.Api.ApiExtensions.V1
{
    public sealed partial class CustomResourceDefinitionCondition : ICondition;
}

namespace Kobune.Api.ApiRegistration.V1
{
    public sealed partial class APIServiceCondition : ICondition;
}

namespace Kobune.Api.FlowControl.V1
{
    public sealed partial class FlowSchemaCondition : ICondition;

    public sealed partial class PriorityLevelConfigurationCondition : ICondition;
}
