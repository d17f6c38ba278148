using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Runtime;

/// <summary>Tells the users of the cluster what a component did to an object. Never fails and never waits.</summary>
public interface IEventRecorder
{
    /// <param name="about">What it is about.</param>
    /// <param name="type"><c>Normal</c> or <c>Warning</c>.</param>
    /// <param name="reason">One word in CamelCase, for machines.</param>
    /// <param name="message">A sentence, for people.</param>
    void Record(ObjectReference about, string type, string reason, string message);

    void Normal(KubeObject about, string reason, string message) => Record(References.To(about), "Normal", reason, message);

    void Warning(KubeObject about, string reason, string message) => Record(References.To(about), "Warning", reason, message);
}
