using System.Text.RegularExpressions;
using Kobune.Api.Networking.V1;
using Kobune.Ingress.Annotations;

namespace Kobune.Ingress.Routing;

/// <summary>
/// From Ingresses to hosts and routes. Of two Ingresses that claim the same path of the same host the older one has it;
/// canaries join the routes of others. As in ingress-nginx, one Ingress with use-regex or rewrite-target makes all paths of
/// its hosts regular expressions, the longest compared first.
/// </summary>
internal sealed partial class RouteTable
{
    private readonly ClusterState _state;
    private readonly UpstreamBuilder _upstreams;
    private readonly SortedDictionary<string, Host> _hosts = new(StringComparer.Ordinal);
    private readonly List<Problem> _problems = [];

    private RouteTable(ClusterState state)
    {
        _state = state;
        _upstreams = new UpstreamBuilder(state);
    }

    public static (ProxyConfig Config, IReadOnlyList<Problem> Problems) Build(ClusterState state)
    {
        var table = new RouteTable(state);
        table._hosts[""] = new Host();
        var ordered = state.Ingresses
            .OrderBy(i => i.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue).ThenBy(i => i.Key, StringComparer.Ordinal)
            .Select(i => (Ingress: i, Annotations: new AnnotationReader(i.Metadata.Annotations))).ToList();
        // Canaries last: the routes that they join must be there.
        foreach (var (ingress, annotations) in ordered.Where(i => !i.Annotations.IsCanary).Concat(ordered.Where(i => i.Annotations.IsCanary)))
        {
            table.Add(ingress, annotations);
        }
        return (new ProxyConfig([.. table._hosts.Select(h => h.Value.ToVirtualHost(h.Key))], table._upstreams.All), table._problems);
    }

    private void Add(Api.Networking.V1.Ingress ingress, AnnotationReader annotations)
    {
        var settings = annotations.Settings();
        foreach (var rule in ingress.Spec.Rules)
        {
            var host = HostOf(rule.Host);
            host.UsesRegex |= settings.UseRegex || settings.RewriteTarget.Length > 0;
            foreach (var path in rule.Http?.Paths ?? [])
            {
                AddPath(ingress, annotations, settings, host, path.Path, path.PathType ?? "ImplementationSpecific", path.Backend);
            }
            if (ingress.Spec.DefaultBackend is { } own)
            {
                host.Defaults.Add(() => AddPath(ingress, annotations, settings, host, "/", "Prefix", own));
            }
        }
        if (ingress.Spec.DefaultBackend is { } everywhere && ingress.Spec.Rules.Count == 0)
        {
            var host = HostOf("");
            host.Defaults.Add(() => AddPath(ingress, annotations, settings, host, "/", "Prefix", everywhere));
        }
        foreach (var host in _hosts.Values)
        {
            host.AddDefaults();
        }
        foreach (var tls in ingress.Spec.Tls)
        {
            AddCertificate(ingress, tls);
        }
        _problems.AddRange(annotations.Problems.Distinct().Select(p => new Problem(ingress, p)));
    }

    private void AddCertificate(Api.Networking.V1.Ingress ingress, IngressTLS tls)
    {
        if (tls.SecretName.Length == 0)
        {
            foreach (var name in tls.Hosts)
            {
                HostOf(name).WantsTls = true;
            }
            return;
        }
        var file = _state.Certificate(ingress.Namespace, tls.SecretName);
        if (file is null)
        {
            _problems.Add(new Problem(ingress, $"secret \"{ingress.Namespace}/{tls.SecretName}\" has no usable certificate and key (tls.crt, tls.key); the default certificate is served"));
        }
        foreach (var name in tls.Hosts.Count > 0 ? tls.Hosts : [.. ingress.Spec.Rules.Select(r => r.Host).Distinct()])
        {
            var host = HostOf(name);
            host.WantsTls = true;
            host.Certificate ??= file;
        }
    }

    private void AddPath(
        Api.Networking.V1.Ingress ingress, AnnotationReader annotations, RouteSettings settings, Host host, string path, string pathType, IngressBackend backend)
    {
        path = path.Length == 0 ? "/" : path;
        if (!SafePath().IsMatch(path) || (settings.UseRegex && !IsRegex(path)))
        {
            _problems.Add(new Problem(ingress, $"path \"{path}\" cannot be served"));
            return;
        }
        if (backend.Service is not { } service)
        {
            _problems.Add(new Problem(ingress, $"path \"{path}\" leads to a resource; only Services can be served"));
            return;
        }
        var upstream = _upstreams.Add(ingress.Namespace, service, annotations.WithAffinity, out var problem);
        if (upstream is null)
        {
            _problems.Add(new Problem(ingress, $"path \"{path}\": {problem}"));
        }
        foreach (var route in Routes(path, pathType, upstream ?? "", settings))
        {
            if (annotations.IsCanary)
            {
                host.Join(route, annotations.Canary(upstream ?? ""));
            }
            else
            {
                host.Routes.TryAdd((route.Path, route.Match), route);
            }
        }
    }

    // /foo as Prefix is /foo itself and all below /foo/ (whole elements).
    private static IEnumerable<Route> Routes(string path, string pathType, string upstream, RouteSettings settings)
    {
        switch (pathType)
        {
            case "Exact":
                return [new Route(path, PathMatch.Exact, upstream, settings)];
            case "Prefix" when path.TrimEnd('/') is { Length: > 0 } bare && !settings.UseRegex:
                return [new Route(bare, PathMatch.Exact, upstream, settings), new Route(bare + "/", PathMatch.Prefix, upstream, settings)];
            default:
                return [new Route(path, PathMatch.Prefix, upstream, settings)];
        }
    }

    private Host HostOf(string name)
    {
        if (!_hosts.TryGetValue(name, out var host))
        {
            _hosts[name] = host = new Host();
        }
        return host;
    }

    private static bool IsRegex(string path)
    {
        try
        {
            _ = new Regex(path);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^/[^\s""'{};#\x00-\x1f\x7f]*\z")]
    private static partial Regex SafePath();

    private sealed class Host
    {
        public Dictionary<(string, PathMatch), Route> Routes { get; } = [];
        public List<Action> Defaults { get; } = [];
        public bool UsesRegex { get; set; }
        public bool WantsTls { get; set; }
        public string? Certificate { get; set; }

        public void Join(Route route, Canary canary)
        {
            if (Routes.TryGetValue((route.Path, route.Match), out var main) && main.Canary is null && canary.Upstream.Length > 0)
            {
                Routes[(route.Path, route.Match)] = main with { Canary = canary };
            }
        }

        // After the paths of the same Ingress, so that they win over its default backend.
        public void AddDefaults()
        {
            Defaults.ForEach(d => d());
            Defaults.Clear();
        }

        public VirtualHost ToVirtualHost(string name)
        {
            var routes = Routes.Values
                .Select(r => UsesRegex && r.Match == PathMatch.Prefix ? r with { Match = PathMatch.Regex } : r)
                .Select(r => r with { Settings = r.Settings with { ForceSslRedirect = r.Settings.ForceSslRedirect || (WantsTls && r.Settings.SslRedirect) } })
                // nginx takes the first regular expression that matches: the longest must come first.
                .OrderBy(r => r.Match == PathMatch.Regex).ThenByDescending(r => r.Path.Length).ThenBy(r => r.Path, StringComparer.Ordinal).ThenBy(r => r.Match);
            return new VirtualHost(name, Certificate, [.. routes]);
        }
    }
}
