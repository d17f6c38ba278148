using System.CommandLine;

namespace Kobune.Verbs;

/// <summary>The command line's root: the verbs of the local cluster; its help names kubectl's beside them.</summary>
internal static class RootVerb
{
    public static RootCommand Create(VerbContext context) => new("""
        Kobune (小舟): Kubernetes in one binary.
        The verbs below are the local cluster's. All of kubectl's work as well: kobune get pods, kobune apply -f app.yaml, kobune logs POD …
        """)
    {
        UpVerb.Create(context),
        StatusVerb.Create(context),
        StopVerb.Create(context),
        DownVerb.Create(context),
        NodeVerb.Create(context),
        ServiceVerb.Create(context),
        TunnelVerb.Create(context),
        AddonsVerb.Create(context),
        ImageVerb.Create(context),
        SshVerb.Create(context),
        LogsVerb.Create(context),
        ServerVerb.Create(context),
        AgentVerb.Create(context),
        DaemonVerb.Create(context),
    };
}
