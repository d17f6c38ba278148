using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Resources;
using Kobune.ApiServer.Validation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.ApiServer.Tests.Resources;

/// <summary>Objects from YAML and the hooks of their kinds, without a server.</summary>
internal static class Hooked
{
    private static readonly Dictionary<string, IResourceHooks> Table = ResourceHooksTable.Create(Services(new EmptyReader()));

    public static WriteContext Context { get; } = new(UserInfo.Of("test"), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), false, "test");

    public static ApiServerServices Services(IObjectReader objects) =>
        new(new ApiServerOptions { ServingCertificate = null! }, TimeProvider.System, NullLoggerFactory.Instance, new Random(1)) { Objects = objects };

    public static IResourceHooks Of(KubeObject obj) => Table[obj.Resource.QualifiedPlural];

    public static KubeObject Read(string yaml)
    {
        var json = KubeYaml.ToJsonOne(yaml);
        var (apiVersion, kind) = KubeJson.Identify(json);
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var info = ResourceInfo.FindKind(slash < 0 ? "" : apiVersion[..slash], apiVersion[(slash + 1)..], kind)!;
        var obj = KubeJson.Read(info, json);
        obj.Metadata.Namespace = info.Namespaced && obj.Metadata.Namespace.Length == 0 ? "default" : obj.Metadata.Namespace;
        return obj;
    }

    public static T Read<T>(string yaml)
        where T : KubeObject => (T)Read(yaml);

    /// <summary>A stored object: defaulted and prepared.</summary>
    public static T Created<T>(string yaml)
        where T : KubeObject
    {
        var obj = Read<T>(yaml);
        Of(obj).Default(obj);
        Of(obj).PrepareForCreate(obj, Context);
        return obj;
    }

    /// <summary>The errors of an update.</summary>
    public static string[] Update<T>(T old, Action<T> change)
        where T : KubeObject
    {
        var obj = (T)old.DeepClone();
        change(obj);
        Of(obj).Default(obj);
        Of(obj).PrepareForUpdate(obj, old, Context);
        var errors = new FieldErrorList();
        Of(obj).ValidateUpdate(obj, old, errors);
        return Texts(errors);
    }

    public static string[] Texts(FieldErrorList errors) => [.. errors.Causes.Select(c => $"{c.Field}: {c.Message}")];

    private sealed class EmptyReader : IObjectReader
    {
        public ValueTask<KubeObject?> FindAsync(ResourceInfo resource, string? ns, string name, bool fresh, CancellationToken cancellationToken) => default;

        public ValueTask<object> StampAsync(ResourceInfo resource, CancellationToken cancellationToken) => new(this);

        public ValueTask<IReadOnlyList<KubeObject>> ListAsync(ResourceInfo resource, string? ns, bool fresh, CancellationToken cancellationToken) => new([]);
    }
}
