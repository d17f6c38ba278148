using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Api.Scheduling.V1;
using Kobune.ApiServer.Admission;
using Kobune.ApiServer.Admission.Plugins;
using Kobune.ApiServer.Authentication;

namespace Kobune.ApiServer.Tests.Admission;

public sealed class PluginTests
{
    [Fact]
    public async Task MissingNamespaceIsNotFound()
    {
        var e = await Refused(new NamespaceLifecycle(new TestServices().Services), Requests.Create(Pods.Plain()));
        Assert.Equal((404, "namespaces \"default\" not found"), (e.Code, e.Message));
    }

    [Fact]
    public async Task TerminatingNamespaceTakesNothingNew()
    {
        var services = new TestServices(new Namespace { Metadata = { Name = "default" }, Status = { Phase = "Terminating" } });
        var e = await Refused(new NamespaceLifecycle(services.Services), Requests.Create(Pods.Plain()));
        Assert.Equal("pods \"p\" is forbidden: unable to create new content in namespace default because it is being terminated", e.Message);
        Assert.Equal(("NamespaceTerminating", "metadata.namespace"), (e.Status.Details!.Causes[0].Reason, e.Status.Details.Causes[0].Field));
    }

    [Fact]
    public async Task SystemNamespacesStay()
    {
        var context = new AdmissionContext { Operation = AdmissionOperation.Delete, Resource = Namespace.Info, Name = "kube-system", User = UserInfo.Server };
        var e = await Refused(new NamespaceLifecycle(new TestServices().Services), context);
        Assert.Equal("namespaces \"kube-system\" is forbidden: this namespace may not be deleted", e.Message);
    }

    [Fact]
    public async Task PodsGetTokenAndPullSecretsOfTheirAccount()
    {
        var account = new ServiceAccount { Metadata = { Namespace = "default", Name = "default" }, ImagePullSecrets = [new LocalObjectReference { Name = "registry" }] };
        var pod = Pods.Plain();
        await Admit(new ServiceAccountPlugin(new TestServices(account).Services), Requests.Create(pod));
        var volume = Assert.Single(pod.Spec.Volumes);
        Assert.Matches("^kube-api-access-[a-z0-9]{5}$", volume.Name);
        Assert.Equal(
            """{"projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},{"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],"defaultMode":420}}""",
            volume.ToString().Replace($"\"name\":\"{volume.Name}\",", "", StringComparison.Ordinal));
        Assert.Equal("/var/run/secrets/kubernetes.io/serviceaccount", Assert.Single(pod.Spec.Containers[0].VolumeMounts).MountPath);
        Assert.Equal(("default", "default", "registry"), (pod.Spec.ServiceAccountName, pod.Spec.ServiceAccount, pod.Spec.ImagePullSecrets[0].Name));
    }

    [Fact]
    public async Task MissingAccountIsForbidden()
    {
        var pod = Pods.Plain();
        pod.Spec.ServiceAccountName = "builder";
        var e = await Refused(new ServiceAccountPlugin(new TestServices().Services), Requests.Create(pod));
        Assert.Equal("pods \"p\" is forbidden: error looking up service account default/builder: serviceaccount \"builder\" not found", e.Message);
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, true)]
    [InlineData(false, null, false)]
    [InlineData(null, null, true)]
    public async Task AutomountIsThePodsChoiceThenTheAccounts(bool? account, bool? pod, bool mounted)
    {
        var sa = new ServiceAccount { Metadata = { Namespace = "default", Name = "default" }, AutomountServiceAccountToken = account };
        var target = Pods.Plain();
        target.Spec.AutomountServiceAccountToken = pod;
        await Admit(new ServiceAccountPlugin(new TestServices(sa).Services), Requests.Create(target));
        Assert.Equal(mounted, target.Spec.Volumes.Count == 1);
    }

    [Fact]
    public async Task PriorityComesFromTheClass()
    {
        var services = new TestServices(
            new PriorityClass { Metadata = { Name = "high" }, Value = 1000, PreemptionPolicy = "Never" },
            new PriorityClass { Metadata = { Name = "usual" }, Value = 5, GlobalDefault = true, PreemptionPolicy = "PreemptLowerPriority" });
        var plugin = new PriorityPlugin(services.Services);
        var named = Pods.Plain();
        named.Spec.PriorityClassName = "high";
        var unnamed = Pods.Plain();
        await Admit(plugin, Requests.Create(named));
        await Admit(plugin, Requests.Create(unnamed));
        Assert.Equal((1000, "Never"), (named.Spec.Priority, named.Spec.PreemptionPolicy));
        Assert.Equal((5, "usual"), (unnamed.Spec.Priority, unnamed.Spec.PriorityClassName));

        var unknown = Pods.Plain();
        unknown.Spec.PriorityClassName = "none";
        Assert.Equal("pods \"p\" is forbidden: no PriorityClass with name none was found", (await Refused(plugin, Requests.Create(unknown))).Message);
        var given = Pods.Plain();
        given.Spec.Priority = 7;
        Assert.Equal("pods \"p\" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 5 from the given PriorityClass name",
            (await Refused(plugin, Requests.Create(given))).Message);
    }

    [Fact]
    public async Task TolerationsAreAddedWhereMissing()
    {
        var pod = Pods.Plain();
        pod.Spec.Tolerations.Add(new Toleration { Key = "node.kubernetes.io/not-ready", Operator = "Exists", Effect = "NoExecute", TolerationSeconds = 5 });
        await Admit(new DefaultTolerationSeconds(), Requests.Create(pod));
        Assert.Equal(["node.kubernetes.io/not-ready=5", "node.kubernetes.io/unreachable=300"], pod.Spec.Tolerations.Select(t => $"{t.Key}={t.TolerationSeconds}"));
    }

    internal static async Task Admit(IAdmissionPlugin plugin, AdmissionContext context)
    {
        await plugin.AdmitAsync(context, TestContext.Current.CancellationToken);
        await plugin.ValidateAsync(context, TestContext.Current.CancellationToken);
    }

    internal static Task<KubeStatusException> Refused(IAdmissionPlugin plugin, AdmissionContext context) =>
        Assert.ThrowsAsync<KubeStatusException>(() => Admit(plugin, context));
}

internal static class Pods
{
    public static Pod Plain() => new() { Metadata = { Namespace = "default", Name = "p" }, Spec = { Containers = [new Container { Name = "c", Image = "busybox" }] } };
}

internal static class Requests
{
    public static AdmissionContext Create(KubeObject obj, UserInfo? user = null) => Of(AdmissionOperation.Create, obj, null, user);

    public static AdmissionContext Update(KubeObject obj, KubeObject old, UserInfo? user = null) => Of(AdmissionOperation.Update, obj, old, user);

    private static AdmissionContext Of(AdmissionOperation operation, KubeObject obj, KubeObject? old, UserInfo? user) => new()
    {
        Operation = operation,
        Resource = obj.Resource,
        Namespace = obj.Metadata.Namespace,
        Name = obj.Metadata.Name,
        Object = obj,
        OldObject = old,
        User = user ?? UserInfo.Of("alice"),
    };
}
