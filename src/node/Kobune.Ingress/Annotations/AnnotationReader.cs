using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Kobune.Ingress.Routing;

namespace Kobune.Ingress.Annotations;

/// <summary>
/// Reads the annotations nginx.ingress.kubernetes.io/…. Their values end up in nginx's configuration, and whoever may write
/// an Ingress must not thereby write that: each value is checked against the form of its kind, and one that does not fit
/// counts as absent and is reported. Snippets are not supported, for the same reason.
/// </summary>
internal sealed partial class AnnotationReader(IReadOnlyDictionary<string, string> annotations)
{
    public const string Prefix = "nginx.ingress.kubernetes.io/";

    private readonly List<string> _problems = [];

    /// <summary>What was wrong, a sentence each.</summary>
    public IReadOnlyList<string> Problems => _problems;

    public bool IsCanary => Flag("canary", false);

    public RouteSettings Settings()
    {
        var none = new RouteSettings();
        foreach (var snippet in annotations.Keys.Where(k => k.StartsWith(Prefix, StringComparison.Ordinal) && k.EndsWith("-snippet", StringComparison.Ordinal)))
        {
            _problems.Add($"annotation {snippet} is not allowed: it could change the configuration of others");
        }
        return new RouteSettings
        {
            RewriteTarget = Text("rewrite-target", Target(), none.RewriteTarget),
            AppRoot = Text("app-root", PlainPath(), none.AppRoot),
            UseRegex = Flag("use-regex", none.UseRegex),
            SslRedirect = Flag("ssl-redirect", none.SslRedirect),
            ForceSslRedirect = Flag("force-ssl-redirect", none.ForceSslRedirect),
            BackendProtocol = Text("backend-protocol", Protocol(), none.BackendProtocol).ToUpperInvariant(),
            BodySize = Text("proxy-body-size", Size(), none.BodySize),
            ConnectTimeout = Number("proxy-connect-timeout", none.ConnectTimeout),
            SendTimeout = Number("proxy-send-timeout", none.SendTimeout),
            ReadTimeout = Number("proxy-read-timeout", none.ReadTimeout),
            Buffering = Text("proxy-buffering", OnOff(), "off") == "on",
            RequestBuffering = Text("proxy-request-buffering", OnOff(), "on") == "on",
            UpstreamHost = Text("upstream-vhost", Host(), none.UpstreamHost),
            ForwardedPrefix = Text("x-forwarded-prefix", PlainPath(), none.ForwardedPrefix),
            PermanentRedirect = Text("permanent-redirect", Url(), none.PermanentRedirect),
            PermanentRedirectCode = Number("permanent-redirect-code", none.PermanentRedirectCode) is >= 300 and <= 308 and var code ? code : none.PermanentRedirectCode,
            TemporalRedirect = Text("temporal-redirect", Url(), none.TemporalRedirect),
            AllowedSources = Ranges("whitelist-source-range", Ranges("allowlist-source-range", [])),
            DeniedSources = Ranges("denylist-source-range", []),
            Cors = Flag("enable-cors", none.Cors),
            CorsOrigin = Text("cors-allow-origin", Origin(), none.CorsOrigin),
        };
    }

    /// <summary>The rules of a canary Ingress, for the backend.</summary>
    public Canary Canary(string upstream) => new(upstream)
    {
        Weight = Number("canary-weight", 0),
        WeightTotal = Math.Max(1, Number("canary-weight-total", 100)),
        Header = Text("canary-by-header", HeaderName(), ""),
        HeaderValue = Text("canary-by-header-value", HeaderText(), ""),
        HeaderPattern = Text("canary-by-header-pattern", HeaderRegex(), ""),
        Cookie = Text("canary-by-cookie", CookieName(), ""),
    };

    /// <summary>The upstream with its cookie, when the Ingress asks for affinity.</summary>
    public Upstream WithAffinity(Upstream upstream) => Text("affinity", Cookie(), "") != "cookie" ? upstream : upstream with
    {
        AffinityCookie = Text("session-cookie-name", CookieName(), "INGRESSCOOKIE"),
        AffinityMaxAge = Number("session-cookie-max-age", 0),
    };

    private string Text(string name, Regex form, string none)
    {
        if (!annotations.TryGetValue(Prefix + name, out var value) || value.Length == 0)
        {
            return none;
        }
        if (form.IsMatch(value))
        {
            return value;
        }
        _problems.Add($"annotation {Prefix}{name} has a value that is not allowed and is ignored: \"{value}\"");
        return none;
    }

    private bool Flag(string name, bool none) => Text(name, TrueFalse(), none ? "true" : "false") == "true";

    private int Number(string name, int none) => int.Parse(Text(name, Digits(), none.ToString(CultureInfo.InvariantCulture)).TrimEnd('s'), CultureInfo.InvariantCulture);

    private IReadOnlyList<string> Ranges(string name, IReadOnlyList<string> none)
    {
        if (!annotations.TryGetValue(Prefix + name, out var value) || value.Length == 0)
        {
            return none;
        }
        var ranges = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (ranges.All(r => IPAddress.TryParse(r, out _) || IPNetwork.TryParse(r, out _)))
        {
            return ranges;
        }
        // To ignore it would open what was to be closed.
        _problems.Add($"annotation {Prefix}{name} is no list of address ranges, so nobody is let in: \"{value}\"");
        return name == "denylist-source-range" ? ["0.0.0.0/0", "::/0"] : ["127.0.0.1/32"];
    }

    [GeneratedRegex(@"^[A-Za-z0-9\-._~/$?=&%:+,!@()*]{1,1024}\z")]
    private static partial Regex Target();

    [GeneratedRegex(@"^/[A-Za-z0-9\-._~/%]{0,512}\z")]
    private static partial Regex PlainPath();

    [GeneratedRegex(@"^(?i:HTTP|HTTPS|GRPC|GRPCS|AUTO_HTTP)\z")]
    private static partial Regex Protocol();

    [GeneratedRegex(@"^[0-9]{1,12}[kKmMgG]?\z")]
    private static partial Regex Size();

    [GeneratedRegex(@"^(on|off)\z")]
    private static partial Regex OnOff();

    [GeneratedRegex(@"^(true|false)\z")]
    private static partial Regex TrueFalse();

    [GeneratedRegex(@"^[0-9]{1,8}s?\z")]
    private static partial Regex Digits();

    [GeneratedRegex(@"^[A-Za-z0-9\-._]{1,253}(:[0-9]{1,5})?\z")]
    private static partial Regex Host();

    [GeneratedRegex(@"^(https?://)?[A-Za-z0-9\-._~/$?=&%:+,@#]{1,1024}\z")]
    private static partial Regex Url();

    [GeneratedRegex(@"^[A-Za-z0-9\-_]{1,128}\z")]
    private static partial Regex HeaderName();

    [GeneratedRegex(@"^[A-Za-z0-9\-._~/=+: ]{1,256}\z")]
    private static partial Regex HeaderText();

    [GeneratedRegex(@"^[A-Za-z0-9\-._~/=+:^$*?|()\[\]]{1,256}\z")]
    private static partial Regex HeaderRegex();

    [GeneratedRegex(@"^[A-Za-z0-9_]{1,64}\z")]
    private static partial Regex CookieName();

    [GeneratedRegex(@"^cookie\z")]
    private static partial Regex Cookie();

    [GeneratedRegex(@"^(\*|https?://[A-Za-z0-9\-._]{1,253}(:[0-9]{1,5})?)\z")]
    private static partial Regex Origin();
}
