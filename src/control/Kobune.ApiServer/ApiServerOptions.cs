using System.Net;
using System.Security.Cryptography.X509Certificates;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authorization;
using Kobune.ApiServer.Patching;

namespace Kobune.ApiServer;

/// <summary>How an API server is set up. Everything that has no default is required.</summary>
public sealed record ApiServerOptions
{
    /// <summary>Where to listen; port 0 chooses a free one.</summary>
    public IReadOnlyList<IPEndPoint> Listen { get; init; } = [new IPEndPoint(IPAddress.Any, 6443)];
    /// <summary>The serving certificate with its key.</summary>
    public required X509Certificate2 ServingCertificate { get; init; }
    /// <summary>Intermediates to send along.</summary>
    public X509Certificate2Collection ServingChain { get; init; } = [];
    /// <summary>The address and port that clients inside the cluster reach this server at: the endpoint of the kubernetes Service. null: do not publish one.</summary>
    public IPEndPoint? AdvertiseAddress { get; init; }
    /// <summary>The range that Services get their cluster addresses from; its first address is the kubernetes Service's.</summary>
    public IPNetwork ServiceNetwork { get; init; } = IPNetwork.Parse("10.96.0.0/16");
    /// <summary>Node ports, inclusive.</summary>
    public (int First, int Last) NodePorts { get; init; } = (30000, 32767);

    /// <summary>Asked in order. Empty: everybody is anonymous.</summary>
    public Func<ApiServerServices, IReadOnlyList<IAuthenticator>> Authenticators { get; init; } = _ => [];
    /// <summary>Asked in order until one decides. Groups system:masters is always allowed.</summary>
    public Func<ApiServerServices, IReadOnlyList<IAuthorizer>> Authorizers { get; init; } = _ => [];
    /// <summary>Admission plug-ins to leave out, by name.</summary>
    public IReadOnlyCollection<string> DisabledAdmission { get; init; } = [];
    /// <summary>Adds admission plug-ins behind those of AdmissionOrder.cs, for tests.</summary>
    public Func<ApiServerServices, IReadOnlyList<Admission.IAdmissionPlugin>> ExtraAdmission { get; init; } = _ => [];
    /// <summary>Steps that make the cluster's own objects, run in order behind the built-in ones; each is tried until it succeeds.</summary>
    public IReadOnlyList<(string Name, Func<ApiServerServices, CancellationToken, Task> Step)> PostStart { get; init; } = [];
    /// <summary>null: the built-in one.</summary>
    public IObjectPatcher? Patcher { get; init; }
    /// <summary>null: the built-in one.</summary>
    public IFieldManager? FieldManager { get; init; }

    /// <summary>The client certificate with which this server calls kubelets.</summary>
    public X509Certificate2? KubeletClientCertificate { get; init; }
    /// <summary>Verifies the kubelets' serving certificates; null: they are not verified.</summary>
    public X509Certificate2? KubeletCa { get; init; }

    /// <summary>The issuer of service-account tokens, for /.well-known/openid-configuration.</summary>
    public string ServiceAccountIssuer { get; init; } = "https://kubernetes.default.svc.cluster.local";
    /// <summary>Signs the tokens of service accounts; null: serviceaccounts/token and TokenReviews of such tokens are not served.</summary>
    public Authentication.ServiceAccounts.ServiceAccountTokens? ServiceAccountTokens { get; init; }
    /// <summary>The JWKS document of the service-account keys.</summary>
    public Func<byte[]>? JsonWebKeySet { get; init; }

    /// <summary>null: nothing is recorded.</summary>
    public Audit.AuditOptions? Audit { get; init; }
    /// <summary>How values are encrypted in the store; null: not at all.</summary>
    public Encryption.EncryptionConfiguration? Encryption { get; init; }

    /// <summary>Serves metrics.k8s.io from the kubelets' measurements, as the metrics-server add-on would.</summary>
    public bool ServeResourceMetrics { get; init; }

    public long MaxRequestBytes { get; init; } = 3 << 20;
    /// <summary>How many seats priority and fairness divides: about as many non-watch requests are in work at once, others wait or are answered with 429.</summary>
    public int MaxInFlight { get; init; } = 600;
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
