using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs.Create;

/// <summary>kubectl create token.</summary>
internal static class CreateToken
{
    public static readonly Command Definition = new("token", "Request a service account token")
    {
        Usage = "SERVICE_ACCOUNT_NAME",
        Examples = "# A token for ten minutes\nkubectl create token builder --duration 10m",
        Flags =
        [
            Flag.Array("audience", "For whom the token is; may be repeated."), Flag.Text("bound-object-kind", "Pod, Secret or Node to bind it to."),
            Flag.Text("bound-object-name", "Name of that object."), Flag.Text("bound-object-uid", "UID of that object."), Flag.Duration("duration", "How long it is valid."), .. OutputFormat.Flags,
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        var name = CreateVerb.Name(i);
        var spec = new JsonObject { ["audiences"] = new JsonArray([.. i.Flags.List("audience").Select(a => (JsonNode)a)]) };
        if (i.Flags.Duration("duration") is { Ticks: > 0 } duration)
        {
            spec["expirationSeconds"] = (long)duration.TotalSeconds;
        }

        if (i.Flags.TextOrNull("bound-object-kind") is { } kind)
        {
            spec["boundObjectRef"] = new JsonObject { ["kind"] = kind, ["apiVersion"] = "v1", ["name"] = i.Flags.Text("bound-object-name"), ["uid"] = i.Flags.Text("bound-object-uid") };
        }

        var body = new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest", ["metadata"] = new JsonObject(), ["spec"] = spec };
        var path = ApiPaths.Resource("", "v1", "serviceaccounts", i.Namespace, name, "token");
        JsonObject answer;
        try
        {
            answer = await i.Cluster.SendAsync(HttpMethod.Post, path, body, i.Cancellation).ConfigureAwait(false);
        }
        catch (Kobune.Api.KubeStatusException e)
        {
            throw new CommandException($"failed to create token: {e.Message}");
        }

        var format = OutputFormat.Of(i);
        if (format.Name.Length > 0)
        {
            new ObjectPrinter(i, format).Print(answer, i.Out);
        }
        else
        {
            i.Out.WriteLine(answer.Text("status", "token"));
        }

        return 0;
    }
}
