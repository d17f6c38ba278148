using System.CommandLine;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Client.Config;
using Kobune.Client.Http;
using Kobune.Cluster;

namespace Kobune.Verbs;

/// <summary><c>kobune service NAME</c>: the URLs at which this machine reaches a Service.</summary>
internal static class ServiceVerb
{
    public static Command Create(VerbContext context)
    {
        var name = VerbContext.NameOption();
        var service = new Argument<string?>("SERVICE") { Description = "The Service; all that can be reached from outside when left out.", Arity = ArgumentArity.ZeroOrOne };
        var ns = new Option<string>("--namespace", "-n") { Description = "The Service's namespace.", DefaultValueFactory = _ => "default" };
        var url = new Option<bool>("--url") { Description = "Print the URLs and nothing else: curl $(kobune service web --url)" };
        var https = new Option<bool>("--https") { Description = "Print https URLs." };
        var command = new Command("service", """
            Show the URLs at which this machine reaches a Service.
              kobune expose deployment web --type=NodePort --port=80
              kobune service web --url          http://10.89.0.2:31234
            A node's address and the cluster's own addresses are reachable from this machine, so no tunnel is needed.
            """) { name, service, ns, url, https };
        command.SetAction(async (result, cancellationToken) =>
        {
            var paths = new ClusterPaths(result.GetValue(name)!);
            var config = ClusterConfig.Load(paths) ?? throw new UserErrorException($"there is no cluster \"{paths.Name}\"");
            using var transport = new KubeTransport(ClientConfigResolver.Resolve(KubeConfig.Load(paths.AdminKubeconfig)), context.Time);
            var client = new HttpKubeClient(transport);
            var scheme = result.GetValue(https) ? "https" : "http";
            var services = await FindAsync(client, result.GetValue(service), result.GetValue(ns)!, cancellationToken);
            var rows = services.SelectMany(s => ServiceUrls.Of(s, config.NodeAddress, scheme).Select(u => (Service: s, u.Port, u.Url))).ToList();
            if (result.GetValue(url))
            {
                rows.ForEach(r => context.Out.WriteLine(r.Url));
            }
            else
            {
                WriteTable(context.Out, rows);
            }
            return rows.Count > 0 ? 0 : throw new UserErrorException(Why(services, result.GetValue(service)));
        });
        return command;
    }

    private static async Task<IReadOnlyList<Service>> FindAsync(IKubeClient client, string? name, string ns, CancellationToken cancellationToken)
    {
        if (name is null)
        {
            var all = await client.ListAsync<Service>(cancellationToken: cancellationToken);
            return [.. all.Items.Where(s => s.Spec.Type is "NodePort" or "LoadBalancer")];
        }
        return await client.FindAsync<Service>(ns, name, cancellationToken) is { } found
            ? [found]
            : throw new UserErrorException($"there is no service \"{name}\" in namespace {ns}; kobune get services -A lists them all");
    }

    private static string Why(IReadOnlyList<Service> services, string? name) => services switch
    {
        [] => "no service is of type NodePort or LoadBalancer; make one with: kobune expose deployment NAME --type=NodePort --port=80",
        [{ Spec.ClusterIP: "None" }] => $"service {name} is headless: it has no address of its own, clients ask DNS for those of its Pods",
        _ => $"service {name} has no port that can be reached",
    };

    private static void WriteTable(TextWriter output, List<(Service Service, string Port, string Url)> rows)
    {
        var widths = (Namespace: 10, Name: 10, Port: 12);
        foreach (var (service, port, _) in rows)
        {
            widths = (Math.Max(widths.Namespace, service.Namespace.Length), Math.Max(widths.Name, service.Name.Length), Math.Max(widths.Port, port.Length));
        }
        output.WriteLine($"{"NAMESPACE".PadRight(widths.Namespace)}  {"NAME".PadRight(widths.Name)}  {"TARGET PORT".PadRight(widths.Port)}  URL");
        foreach (var (service, port, url) in rows)
        {
            output.WriteLine($"{service.Namespace.PadRight(widths.Namespace)}  {service.Name.PadRight(widths.Name)}  {port.PadRight(widths.Port)}  {url}");
        }
    }
}
