using Kobune.Api;
using Kobune.ApiServer.Authorization;
using Kobune.Runtime.Certificates;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.ApiServer.Tests;

/// <summary>The services of an API server that consists of a few objects: for plug-ins and hooks alone.</summary>
internal sealed class TestServices : IObjectReader, IAuthorizer
{
    private readonly List<KubeObject> objects = [];

    public TestServices(params KubeObject[] objects)
    {
        this.objects.AddRange(objects);
        Services = new ApiServerServices(new ApiServerOptions { ServingCertificate = CertificateAuthority.Create("test", DateTimeOffset.UnixEpoch) }, TimeProvider.System, NullLoggerFactory.Instance, new Random(1))
        {
            Objects = this,
            Client = new ListClient(this.objects),
            Authorizer = this,
        };
    }

    public ApiServerServices Services { get; }

    /// <summary>What the authorizer allows; nothing unless set.</summary>
    public Func<RequestAttributes, bool> Allows { get; set; } = _ => false;

    public void Add(KubeObject obj) => objects.Add(obj);

    public ValueTask<KubeObject?> FindAsync(ResourceInfo resource, string? ns, string name, bool fresh = false, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(objects.Find(o => o.Resource == resource && o.Metadata.Name == name && o.Metadata.Namespace == (ns ?? "")));

    public ValueTask<object> StampAsync(ResourceInfo resource, CancellationToken cancellationToken = default) => new(new object());

    public ValueTask<IReadOnlyList<KubeObject>> ListAsync(ResourceInfo resource, string? ns, bool fresh = false, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IReadOnlyList<KubeObject>>([.. objects.Where(o => o.Resource == resource && (ns is null || o.Metadata.Namespace == ns))]);

    public ValueTask<(Decision Decision, string Reason)> AuthorizeAsync(RequestAttributes attributes, CancellationToken cancellationToken) =>
        ValueTask.FromResult((Allows(attributes) ? Decision.Allow : Decision.NoOpinion, ""));
}
