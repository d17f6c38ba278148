using System.Globalization;
using System.Text;
using Kobune.Ingress.Routing;

namespace Kobune.Ingress.Rendering;

/// <summary>
/// Writes nginx.conf: the same text for the same configuration, so that a text that has not changed needs no reload.
/// Values in it were checked where they were read.
/// </summary>
internal sealed class NginxConfigWriter
{
    private readonly StringBuilder _text = new();
    private readonly IngressOptions _options;
    private readonly NginxPaths _paths;
    private readonly ProxyConfig _config;
    private readonly Dictionary<string, Upstream> _upstreams;
    private int _indent;

    private NginxConfigWriter(ProxyConfig config, IngressOptions options)
    {
        _config = config;
        _options = options;
        _paths = new NginxPaths(options.Root);
        _upstreams = config.Upstreams.ToDictionary(u => u.Id);
    }

    public static string Write(ProxyConfig config, IngressOptions options)
    {
        var writer = new NginxConfigWriter(config, options);
        writer.WriteAll();
        return writer._text.ToString();
    }

    private void WriteAll()
    {
        Line("# Made by Kobune from the cluster's Ingresses; changes here are overwritten.");
        Line($"user {_options.User};");
        Line($"worker_processes {_options.Workers};");
        Line("worker_shutdown_timeout 240s;");
        Line("daemon off;");
        Line($"pid {_paths.PidFile};");
        Line($"error_log {_paths.ErrorLog} warn;");
        Block("events", () => Line("worker_connections 4096;"));
        Block("http", () =>
        {
            WriteHttpSettings();
            foreach (var upstream in _config.Upstreams.Where(u => u.Servers.Count > 0))
            {
                WriteUpstream(upstream);
            }
            WriteCanaries();
            foreach (var host in _config.Hosts)
            {
                WriteHost(host);
            }
        });
    }

    private void WriteHttpSettings()
    {
        Line("access_log off;");
        Line("default_type text/plain;");
        Line("server_tokens off;");
        Line("server_names_hash_bucket_size 256;");
        Line("server_names_hash_max_size 4096;");
        Line("variables_hash_max_size 4096;");
        Line("map_hash_bucket_size 256;");
        Line("keepalive_timeout 75s;");
        Line("keepalive_requests 1000;");
        Line("client_header_buffer_size 1k;");
        Line("large_client_header_buffers 4 8k;");
        Line("reset_timedout_connection on;");
        Line("merge_slashes off;");
        if (_options.Resolver is { } resolver)
        {
            Line($"resolver {resolver} valid=5s ipv6=off;");
        }
        foreach (var kind in (string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        {
            Line($"{kind}_temp_path {_paths.Temporary}/{kind};");
        }
        Line("ssl_protocols TLSv1.2 TLSv1.3;");
        Line("ssl_session_cache shared:SSL:10m;");
        Line("ssl_session_tickets off;");
        Line("proxy_ssl_server_name on;");
        Block("map $http_upgrade $connection_upgrade", () =>
        {
            Line("default upgrade;");
            Line("'' '';");
        });
        Block("map $http_x_request_id $req_id", () =>
        {
            Line("default $http_x_request_id;");
            Line("'' $request_id;");
        });
    }

    private void WriteUpstream(Upstream upstream)
    {
        if (upstream.AffinityCookie.Length > 0)
        {
            var key = Variable(upstream.Id);
            Block($"map $cookie_{upstream.AffinityCookie} $affinity_{key}", () =>
            {
                Line($"default $cookie_{upstream.AffinityCookie};");
                Line("'' $request_id;");
            });
            var age = upstream.AffinityMaxAge > 0 ? $"; Max-Age={upstream.AffinityMaxAge}" : "";
            Block($"map $cookie_{upstream.AffinityCookie} $set_affinity_{key}", () =>
            {
                Line("default '';");
                Line($"'' \"{upstream.AffinityCookie}=$request_id; Path=/; HttpOnly{age}\";");
            });
        }
        Block($"upstream {upstream.Id}", () =>
        {
            if (upstream.AffinityCookie.Length > 0)
            {
                Line($"hash $affinity_{Variable(upstream.Id)} consistent;");
            }
            foreach (var server in upstream.Servers)
            {
                Line($"server {server} max_fails=1 fail_timeout=2s;");
            }
            Line("keepalive 32;");
        });
    }

    private void WriteCanaries()
    {
        foreach (var (name, route) in CanaryRoutes())
        {
            var (main, canary) = (route.Upstream, route.Canary!);
            var last = main;
            if (canary.Weight > 0 && canary.Weight < canary.WeightTotal)
            {
                var percent = (100.0 * canary.Weight / canary.WeightTotal).ToString("0.##", CultureInfo.InvariantCulture);
                Block($"split_clients $request_id ${name}_weight", () =>
                {
                    Line($"{percent}% {canary.Upstream};");
                    Line($"* {main};");
                });
                last = $"${name}_weight";
            }
            else if (canary.Weight >= canary.WeightTotal)
            {
                last = canary.Upstream;
            }
            Block($"map $cookie_{(canary.Cookie.Length > 0 ? canary.Cookie : "_none")} ${name}_cookie", () =>
            {
                Line($"always {canary.Upstream};");
                Line($"never {main};");
                Line($"default {last};");
            });
            var header = canary.Header.Length > 0 ? canary.Header.ToLowerInvariant().Replace('-', '_') : "_none";
            Block($"map $http_{header} ${name}", () =>
            {
                if (canary.HeaderValue.Length > 0)
                {
                    Line($"\"{canary.HeaderValue}\" {canary.Upstream};");
                }
                else if (canary.HeaderPattern.Length > 0)
                {
                    Line($"\"~{canary.HeaderPattern}\" {canary.Upstream};");
                }
                else
                {
                    Line($"always {canary.Upstream};");
                    Line($"never {main};");
                }
                Line($"default ${name}_cookie;");
            });
        }
    }

    // Each canary's variable, in the order in which the routes are written.
    private IEnumerable<(string Name, Route Route)> CanaryRoutes() =>
        _config.Hosts.SelectMany((h, i) => h.Routes.Select((r, j) => ($"canary_{i}_{j}", r))).Where(c => c.r.Canary is { } canary
            && IsServed(c.r.Upstream) && IsServed(canary.Upstream));

    private bool IsServed(string upstream) => _upstreams.TryGetValue(upstream, out var found) && found.Servers.Count > 0;

    private void WriteHost(VirtualHost host) => Block("server", () =>
    {
        var index = _config.Hosts.Index().First(h => h.Item == host).Index;
        var isDefault = host.Name.Length == 0;
        Line($"listen {_options.HttpPort}{(isDefault ? " default_server" : "")};");
        Line($"listen {_options.HttpsPort}{(isDefault ? " default_server" : "")} ssl http2;");
        Line($"server_name {(isDefault ? "_" : host.Name)};");
        var certificate = host.Certificate ?? _paths.DefaultCertificate;
        Line($"ssl_certificate {certificate};");
        Line($"ssl_certificate_key {certificate};");
        if (isDefault)
        {
            Block("location = /healthz", () => Line("return 200 \"ok\\n\";"));
        }
        for (var i = 0; i < host.Routes.Count; i++)
        {
            WriteRoute(host.Routes[i], $"canary_{index}_{i}");
        }
        if (!host.Routes.Any(r => r.Path == "/" && r.Match != PathMatch.Exact))
        {
            Block("location /", () => Line("return 404 \"default backend - 404\\n\";"));
        }
    });

    private void WriteRoute(Route route, string canary)
    {
        var location = route.Match switch
        {
            PathMatch.Exact => $"= \"{route.Path}\"",
            PathMatch.Regex => $"~* \"^{route.Path}\"",
            _ => $"\"{route.Path}\"",
        };
        Block($"location {location}", () =>
        {
            WriteGuards(route);
            if (route.Settings.PermanentRedirect.Length > 0)
            {
                Line($"return {route.Settings.PermanentRedirectCode} \"{route.Settings.PermanentRedirect}\";");
            }
            else if (route.Settings.TemporalRedirect.Length > 0)
            {
                Line($"return 302 \"{route.Settings.TemporalRedirect}\";");
            }
            else if (!_upstreams.TryGetValue(route.Upstream, out var upstream) || (upstream.Servers.Count == 0 && upstream.ExternalName is null))
            {
                Line("return 503 \"503 Service Temporarily Unavailable\\n\";");
            }
            else
            {
                WriteProxy(route, upstream, CanaryRoutes().Any(c => c.Name == canary) ? canary : null);
            }
        });
    }

    private void WriteGuards(Route route)
    {
        var settings = route.Settings;
        foreach (var source in settings.DeniedSources)
        {
            Line($"deny {source};");
        }
        foreach (var source in settings.AllowedSources)
        {
            Line($"allow {source};");
        }
        if (settings.AllowedSources.Count > 0)
        {
            Line("deny all;");
        }
        if (settings.ForceSslRedirect)
        {
            Block("if ($scheme = http)", () => Line("return 308 https://$host$request_uri;"));
        }
        if (settings.AppRoot.Length > 0 && route.Path == "/")
        {
            Block("if ($uri = /)", () => Line($"return 302 $scheme://$http_host{settings.AppRoot};"));
        }
        if (settings.Cors)
        {
            Line($"add_header Access-Control-Allow-Origin \"{settings.CorsOrigin}\" always;");
            Line("add_header Access-Control-Allow-Methods \"GET, PUT, POST, DELETE, PATCH, OPTIONS\" always;");
            Line("add_header Access-Control-Allow-Headers \"DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization\" always;");
            Line("add_header Access-Control-Max-Age 1728000 always;");
            Block("if ($request_method = OPTIONS)", () => Line("return 204;"));
        }
    }

    private void WriteProxy(Route route, Upstream upstream, string? canary)
    {
        var settings = route.Settings;
        var grpc = settings.BackendProtocol.StartsWith("GRPC", StringComparison.Ordinal);
        var kind = grpc ? "grpc" : "proxy";
        Line($"client_max_body_size {settings.BodySize};");
        Line($"{kind}_connect_timeout {settings.ConnectTimeout}s;");
        Line($"{kind}_send_timeout {settings.SendTimeout}s;");
        Line($"{kind}_read_timeout {settings.ReadTimeout}s;");
        Line($"{kind}_next_upstream error timeout;");
        Line($"{kind}_next_upstream_tries 3;");
        Line($"{kind}_set_header Host {(settings.UpstreamHost.Length > 0 ? settings.UpstreamHost : "$http_host")};");
        Line($"{kind}_set_header X-Request-ID $req_id;");
        Line($"{kind}_set_header X-Real-IP $remote_addr;");
        Line($"{kind}_set_header X-Forwarded-For $remote_addr;");
        Line($"{kind}_set_header X-Forwarded-Host $http_host;");
        Line($"{kind}_set_header X-Forwarded-Port $server_port;");
        Line($"{kind}_set_header X-Forwarded-Proto $scheme;");
        Line($"{kind}_set_header X-Scheme $scheme;");
        if (settings.ForwardedPrefix.Length > 0)
        {
            Line($"{kind}_set_header X-Forwarded-Prefix \"{settings.ForwardedPrefix}\";");
        }
        if (!grpc)
        {
            Line("proxy_http_version 1.1;");
            Line("proxy_set_header Upgrade $http_upgrade;");
            Line("proxy_set_header Connection $connection_upgrade;");
            Line($"proxy_buffering {(settings.Buffering ? "on" : "off")};");
            Line($"proxy_request_buffering {(settings.RequestBuffering ? "on" : "off")};");
            Line("proxy_redirect off;");
        }
        if (upstream.AffinityCookie.Length > 0)
        {
            Line($"add_header Set-Cookie $set_affinity_{Variable(upstream.Id)};");
        }
        if (settings.RewriteTarget.Length > 0)
        {
            Line($"rewrite \"(?i){route.Path}\" \"{settings.RewriteTarget}\" break;");
        }
        if (upstream.ExternalName is { } external)
        {
            // Through a variable the name is resolved while nginx runs, not when it starts.
            Line($"set $external \"{external}\";");
        }
        var scheme = settings.BackendProtocol switch { "HTTPS" => "https", "GRPC" => "grpc", "GRPCS" => "grpcs", _ => "http" };
        var target = upstream.ExternalName is not null ? "$external" : canary is not null ? "$" + canary : upstream.Id;
        Line($"{kind}_pass {scheme}://{target};");
    }

    private static string Variable(string id) => id.Replace("-", "__", StringComparison.Ordinal);

    private void Block(string head, Action body)
    {
        Line(head + " {");
        _indent++;
        body();
        _indent--;
        Line("}");
    }

    private void Line(string text) => _text.Append(' ', _indent * 2).Append(text).Append('\n');
}
