using System.Diagnostics;
using System.Net.Http;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authentication.ServiceAccounts;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Kubectl;

/// <summary>One server, and the real kubectl's verbs against it. Skipped where there is no kubectl.</summary>
public sealed class KubectlVerbTests(KubectlVerbTests.SharedServer shared) : IClassFixture<KubectlVerbTests.SharedServer>
{
    private const string Map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, labels: {set: SET}}\ndata: {k: v}\n";

    private static string MapOf(string name, string set = "none") => Map.Replace("NAME", name).Replace("SET", set);

    [Fact]
    public async Task Apply_prunes_what_is_no_longer_there()
    {
        Assert.Equal("configmap/p1 created\nconfigmap/p2 created", await RunAsync(MapOf("p1", "prune") + "---\n" + MapOf("p2", "prune"), "apply", "-f", "-"));
        Assert.Equal("configmap/p1 unchanged\nconfigmap/p2 pruned", await RunAsync(MapOf("p1", "prune"), "apply", "-f", "-", "--prune", "-l", "set=prune", "--prune-allowlist=core/v1/ConfigMap"));
        Assert.Contains("NotFound", await RunAsync("", "get", "cm", "p2"));
    }

    [Fact]
    public async Task Server_side_apply_names_conflicts_field_by_field()
    {
        await RunAsync(MapOf("s1"), "apply", "--server-side", "--field-manager=one", "-f", "-");
        var conflict = await RunAsync(MapOf("s1").Replace("k: v", "k: w"), "apply", "--server-side", "--field-manager=two", "-f", "-");
        Assert.Contains("Apply failed with 1 conflict: conflict with \"one\": .data.k", conflict);
        Assert.Equal("configmap/s1 serverside-applied", await RunAsync(MapOf("s1").Replace("k: v", "k: w"), "apply", "--server-side", "--field-manager=two", "--force-conflicts", "-f", "-"));
        Assert.Contains("manager: two", await RunAsync("", "get", "cm", "s1", "-o", "yaml", "--show-managed-fields"));
    }

    [Fact]
    public async Task Edit_writes_what_the_editor_leaves()
    {
        await RunAsync(MapOf("e1"), "create", "-f", "-");
        Assert.Equal("configmap/e1 edited", await RunAsync("", [("EDITOR", "sed -i 's/k: v/k: edited/'")], "edit", "cm", "e1"));
        Assert.Equal("edited", await RunAsync("", "get", "cm", "e1", "-o", "jsonpath={.data.k}"));
        Assert.Contains("Edit cancelled, no changes made.", (await shared.RunAsync("", [("EDITOR", "true")], ["edit", "cm", "e1"])).Error);
    }

    [Theory]
    [InlineData("name", "configmap/o1")]
    [InlineData("json", "\"name\": \"o1\"")]
    [InlineData("yaml", "name: o1")]
    [InlineData("wide", "o1     1")]
    [InlineData("jsonpath={.data.k}", "v")]
    [InlineData("go-template={{.data.k}}", "v")]
    [InlineData("custom-columns=N:.metadata.name", "N\no1")]
    public async Task Get_prints_every_form(string form, string expected)
    {
        await RunAsync(MapOf("o1"), "apply", "-f", "-");
        Assert.Contains(expected, await RunAsync("", "get", "cm", "o1", "-o", form));
    }

    [Fact]
    public async Task Lists_in_chunks_sorted_labelled_and_selected()
    {
        await RunAsync("apiVersion: v1\nkind: Namespace\nmetadata: {name: chunks}\n", "apply", "-f", "-");
        await RunAsync(string.Join("---\n", Enumerable.Range(0, 7).Select(i => MapOf($"c{i}", i < 3 ? "few" : "rest"))), "apply", "-n", "chunks", "-f", "-");
        Assert.Equal(7, (await RunAsync("", "get", "cm", "-n", "chunks", "--chunk-size=2", "--no-headers")).Split('\n').Length);
        Assert.Equal(3, (await RunAsync("", "get", "cm", "-n", "chunks", "-l", "set in (few)", "-o", "name")).Split('\n').Length);
        Assert.Equal("configmap/c4", await RunAsync("", "get", "cm", "-n", "chunks", "--field-selector=metadata.name=c4", "-o", "name"));
        Assert.Contains("data.k", await RunAsync("", "get", "cm", "-n", "chunks", "--field-selector=data.k=v"));
        Assert.Matches("NAME +DATA +AGE +SET\n", await RunAsync("", "get", "cm", "-n", "chunks", "-L", "set", "--sort-by=.metadata.name"));
        Assert.Contains("chunks", await RunAsync("", "get", "cm", "-A"));
    }

    [Fact]
    public async Task Watch_prints_changes_as_they_come()
    {
        await RunAsync(MapOf("w1"), "apply", "-f", "-");
        using var watching = shared.Start([], "get", "cm", "w1", "--watch", "--output-watch-events", "-o", "name");
        Assert.Contains("w1", await watching.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)));
        await RunAsync("", "label", "cm", "w1", "seen=yes");
        Assert.Contains("w1", await watching.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)));
        watching.Kill();
        await watching.WaitForExitAsync();
    }

    [Fact]
    public async Task Wait_ends_with_the_condition_and_with_deletion()
    {
        await RunAsync(MapOf("z1"), "apply", "-f", "-");
        Assert.Equal("configmap/z1 condition met", await RunAsync("", "wait", "cm/z1", "--for=jsonpath={.data.k}=v", "--timeout=30s"));
        var gone = RunAsync("", "wait", "cm/z1", "--for=delete", "--timeout=60s");
        await RunAsync("", "delete", "cm", "z1");
        Assert.Contains(await gone, new[] { "configmap/z1 condition met", "" });
        Assert.Contains("timed out waiting", await RunAsync("", "wait", "ns/default", "--for=condition=Never", "--timeout=1s"));
    }

    [Fact]
    public async Task Diff_shows_what_apply_would_change()
    {
        await RunAsync(MapOf("d1"), "apply", "-f", "-");
        Assert.Equal("", await RunAsync(MapOf("d1"), "diff", "-f", "-"));
        var difference = await RunAsync(MapOf("d1").Replace("k: v", "k: other"), "diff", "-f", "-");
        Assert.Contains("-  k: v", difference);
        Assert.Contains("+  k: other", difference);
        Assert.Contains("+  k: other", await RunAsync(MapOf("d1").Replace("k: v", "k: other"), "diff", "--server-side", "--force-conflicts", "-f", "-"));
        Assert.Equal("v", await RunAsync("", "get", "cm", "d1", "-o", "jsonpath={.data.k}"));
    }

    [Fact]
    public async Task Rights_are_told()
    {
        Assert.Equal("yes", await RunAsync("", "auth", "can-i", "delete", "nodes"));
        var list = await RunAsync("", "auth", "can-i", "--list");
        Assert.Matches(@"\*\.\* +\[\] +\[\] +\[\*\]", list);
        Assert.Contains("no", await RunAsync("", "auth", "can-i", "delete", "nodes", "--as=jane"));
        Assert.Contains("system:masters", await RunAsync("", "auth", "whoami"));
        Assert.Contains("jane", await RunAsync("", "auth", "whoami", "--as=jane", "--as-group=system:masters"));
    }

    [Fact]
    public async Task Create_token_makes_a_token_that_works()
    {
        await RunAsync("", "create", "serviceaccount", "robot");
        var token = await RunAsync("", "create", "token", "robot", "--duration=1h");
        Assert.Equal(3, token.Split('.').Length);
        Assert.Contains("system:serviceaccount:default:robot", await RunAsync("", [("KUBECONFIG", "/dev/null")], "auth", "whoami", "--server=" + shared.Server.Url, "--insecure-skip-tls-verify", "--token=" + token));
    }

    [Fact]
    public async Task Certificates_are_approved_and_denied()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=jane,O=dev", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        foreach (var (verb, condition) in new[] { ("approve", "Approved"), ("deny", "Denied") })
        {
            var manifest = $"apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: {verb}}}\nspec: {{request: {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(request))}, signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]}}\n";
            Assert.EndsWith("created", await RunAsync(manifest, "create", "-f", "-"));
            Assert.Equal($"certificatesigningrequest.certificates.k8s.io/{verb} {(verb == "approve" ? "approved" : "denied")}", await RunAsync("", "certificate", verb, verb));
            Assert.Contains(condition, await RunAsync("", "get", "csr", verb));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Proxy_serves_the_api_on_a_port_and_on_a_socket(bool unix)
    {
        var socket = Path.Combine(Path.GetDirectoryName(shared.Server.KubeconfigPath)!, "proxy.sock");
        using var proxy = unix ? shared.Start([], "proxy", "--unix-socket=" + socket) : shared.Start([], "proxy", "--port=0");
        var line = (await proxy.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)))!;
        Assert.StartsWith("Starting to serve on", line);
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = unix
                ? async (_, cancellationToken) =>
                {
                    var connection = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                    await connection.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(socket), cancellationToken);
                    return new System.Net.Sockets.NetworkStream(connection, true);
                }
            : null,
        });
        var address = unix ? "localhost" : line.Split(' ')[^1];
        Assert.Contains("\"versions\"", await http.GetStringAsync($"http://{address}/api/"));
        proxy.Kill();
        await proxy.WaitForExitAsync();
    }

    [Fact]
    public async Task Resources_versions_and_explanations()
    {
        var resources = await RunAsync("", "api-resources");
        Assert.Matches(@"deployments +deploy +apps/v1 +true +Deployment", resources);
        Assert.Matches(@"servicecidrs +networking.k8s.io/v1 +false +ServiceCIDR", resources);
        Assert.Contains("flowcontrol.apiserver.k8s.io/v1", await RunAsync("", "api-versions"));
        Assert.Contains("pods", await RunAsync("", "api-resources", "--verbs=list,watch", "--namespaced", "-o", "name"));
        Assert.Contains("FIELDS:", await RunAsync("", "explain", "deployment.spec", "--recursive"));
        Assert.Contains("field \"nothing\" does not exist", await RunAsync("", "explain", "pod.spec.nothing"));
        Assert.Contains("is running at", await RunAsync("", "cluster-info"));
    }

    [Fact]
    public async Task Warnings_are_shown()
    {
        var unknown = await RunWithErrorsAsync(MapOf("u1") + "extra: 1\n", "create", "--validate=warn", "-f", "-");
        Assert.Contains("Warning: unknown field \"extra\"", unknown);
        Assert.Contains("configmap/u1 created", unknown);
        Assert.Contains("strict decoding error: unknown field \"extra\"", await RunAsync(MapOf("u2") + "extra: 1\n", "create", "--validate=strict", "-f", "-"));
    }

    [Fact]
    public async Task A_server_side_dry_run_changes_nothing()
    {
        Assert.Equal("configmap/y1 created (server dry run)", await RunAsync(MapOf("y1"), "apply", "--dry-run=server", "-f", "-"));
        Assert.Contains("NotFound", await RunAsync("", "get", "cm", "y1"));
        await RunAsync(MapOf("y1"), "apply", "-f", "-");
        Assert.Contains("patched", await RunAsync("", "patch", "cm", "y1", "--dry-run=server", "-p", """{"data":{"k":"x"}}"""));
        Assert.Equal("v", await RunAsync("", "get", "cm", "y1", "-o", "jsonpath={.data.k}"));
    }

    [Fact]
    public async Task Replace_delete_and_raw()
    {
        await RunAsync(MapOf("r1"), "create", "-f", "-");
        Assert.Equal("configmap/r1 replaced", await RunAsync(MapOf("r1").Replace("k: v", "k: r"), "replace", "-f", "-"));
        Assert.Equal("configmap \"r1\" deleted", (await RunAsync("", "delete", "cm", "r1")).Replace(" from default namespace", ""));
        Assert.Contains("\"kind\":\"NamespaceList\"", await RunAsync("", "get", "--raw", "/api/v1/namespaces"));
        Assert.Equal("ok", await RunAsync("", "get", "--raw", "/readyz"));
    }

    private Task<string> RunAsync(string input, params string[] arguments) => RunAsync(input, [], arguments);

    private async Task<string> RunAsync(string input, (string Name, string Value)[] environment, params string[] arguments)
    {
        var (output, error, code) = await shared.RunAsync(input, environment, arguments);
        return code == 0 ? output : (output + "\n" + error).Trim();
    }

    private async Task<string> RunWithErrorsAsync(string input, params string[] arguments)
    {
        var (output, error, _) = await shared.RunAsync(input, [], arguments);
        return output + "\n" + error;
    }

    /// <summary>The server of the class, with service accounts and their tokens.</summary>
    public sealed class SharedServer : IAsyncLifetime
    {
        private const string Program = "/usr/bin/kubectl";
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public TestApiServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            if (!File.Exists(Program))
            {
                return;
            }

            var tokens = new ServiceAccountTokens(_key, "https://kubernetes.default.svc.cluster.local");
            Server = await TestApiServer.StartAsync(o => o with
            {
                ServiceAccountTokens = tokens,
                JsonWebKeySet = tokens.JsonWebKeySet,
                Authenticators = s => [.. o.Authenticators(s), new ServiceAccountAuthenticator(s, tokens)],
                Authorizers = s => [new Authorization.Rbac.RbacAuthorizer(s)],
            });
            await Server.Client.CreateAsync(new ServiceAccount { Metadata = new() { Name = "default", Namespace = "default" } });
        }

        public async ValueTask DisposeAsync()
        {
            if (Server is not null)
            {
                await Server.DisposeAsync();
            }

            _key.Dispose();
        }

        internal Process Start((string Name, string Value)[] environment, params string[] arguments)
        {
            Assert.SkipUnless(File.Exists(Program), "no kubectl on this machine");
            var start = new ProcessStartInfo(Program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["KUBECONFIG"] = Server.KubeconfigPath;
            start.Environment["KUBECACHEDIR"] = Path.GetDirectoryName(Server.KubeconfigPath);
            foreach (var (name, value) in environment)
            {
                start.Environment[name] = value;
            }

            return Process.Start(start)!;
        }

        internal async Task<(string Output, string Error, int Code)> RunAsync(string input, (string Name, string Value)[] environment, string[] arguments)
        {
            using var process = Start(environment, arguments);
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (output.Trim(), (await error).Trim(), process.ExitCode);
        }
    }
}
