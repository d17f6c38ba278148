using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.AdmissionRegistration.V1;
using Kobune.ApiServer.Authorization;
using Kobune.ApiServer.Cel;
using Kobune.ApiServer.Cel.Library;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.Admission.Dynamic;

/// <summary>What the expressions of one policy or webhook see of one request; made lazily, since most look at little.</summary>
internal sealed class ExpressionScope
{
    private readonly ApiServerServices services;
    private readonly AdmissionContext context;
    private readonly CelScope scope;
    private readonly Dictionary<RequestAttributes, (bool, string)> decisions = [];
    private bool namespaceKnown;

    public ExpressionScope(
        ApiServerServices services, AdmissionContext context, ServedResource presented, KubeObject? obj, KubeObject? old, KubeObject? parameters = null, IReadOnlyList<Variable>? variables = null)
    {
        this.services = services;
        this.context = context;
        scope = new CelScope(new CelBudget(CelBudget.PerCall * 10)) { Authorize = Decision };
        Lazily("object", () => obj is null ? null : JsonNode.Parse(KubeJson.Write(obj)));
        Lazily("oldObject", () => old is null ? null : JsonNode.Parse(KubeJson.Write(old)));
        Lazily("params", () => parameters is null ? null : JsonNode.Parse(KubeJson.Write(parameters)));
        Lazily("request", () => Request(presented, obj, old));
        var question = new RequestAttributes { User = context.User, Verb = "" };
        scope.Set("authorizer", new AuthorizerFunctions.Question(question));
        scope.Set("authorizer.requestResource", new AuthorizerFunctions.Question(question with
        {
            IsResourceRequest = true,
            ApiGroup = context.Resource.Group,
            ApiVersion = context.Resource.Version,
            Resource = context.Resource.Plural,
            Subresource = context.Subresource,
            Namespace = context.Namespace,
            Name = context.Name,
        }));
        scope.Set("variables", new VariableMap(variables ?? [], scope));
    }

    /// <summary>The value, or the error's text.</summary>
    public async ValueTask<(object? Value, string? Error)> EvaluateAsync(string expression, CancellationToken cancellationToken)
    {
        await NamespaceAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            try
            {
                return (Expressions.Of(expression).Evaluate(scope), null);
            }
            catch (CelPendingException pending)
            {
                var (decision, reason) = await services.Authorizer.AuthorizeAsync(pending.Question, cancellationToken).ConfigureAwait(false);
                decisions[pending.Question] = (decision == Authorization.Decision.Allow, reason);
            }
            catch (CelSyntaxException e)
            {
                return (null, $"compilation error: compilation failed: {e.Explain(expression)}");
            }
            catch (CelException e)
            {
                return (null, $"expression '{expression}' resulted in error: {e.Message}");
            }
        }
    }

    private (bool, string) Decision(RequestAttributes question) => decisions.TryGetValue(question, out var known) ? known : throw new CelPendingException(question);

    private async ValueTask NamespaceAsync(CancellationToken cancellationToken)
    {
        if (namespaceKnown)
        {
            return;
        }

        namespaceKnown = true;
        KubeObject? found = null;
        if (context.Namespace.Length > 0 && context.Resource is not { Plural: "namespaces", Group: "" })
        {
            found = await services.Objects.FindAsync(ResourceInfo.Of<Kobune.Api.Core.V1.Namespace>(), null, context.Namespace, false, cancellationToken).ConfigureAwait(false);
        }

        Lazily("namespaceObject", () => found is null ? null : JsonNode.Parse(KubeJson.Write(found)));
    }

    private void Lazily(string name, Func<JsonNode?> make)
    {
        var value = new Lazy<object?>(() => CelJson.Of(make()));
        scope.Set(name, () => value.Value);
    }

    /// <summary>The request without the objects, which are variables of their own.</summary>
    private JsonNode? Request(ServedResource presented, KubeObject? obj, KubeObject? old)
    {
        var request = AdmissionRequests.Of(context, presented, obj, old, "");
        request.Object = null;
        request.OldObject = null;
        var node = JsonNode.Parse(KubeJson.Write(request))!.AsObject();
        foreach (var (name, empty) in new (string, JsonNode?)[] { ("name", ""), ("namespace", ""), ("subResource", ""), ("dryRun", false) })
        {
            node.TryAdd(name, empty);
        }

        return node;
    }

    /// <summary>variables.x: evaluated when first asked for, then remembered.</summary>
    private sealed class VariableMap(IReadOnlyList<Variable> variables, CelScope scope) : ICelMap
    {
        private readonly Dictionary<string, object?> known = new(StringComparer.Ordinal);

        public int Count => variables.Count;
        public IEnumerable<object> Keys => variables.Select(v => (object)v.Name);

        public bool TryGet(object key, out object? value)
        {
            value = null;
            if (key is not string name || variables.FirstOrDefault(v => v.Name == name) is not { } variable)
            {
                return false;
            }

            if (!known.TryGetValue(name, out value))
            {
                known[name] = value = Expressions.Of(variable.Expression).Evaluate(scope);
            }

            return true;
        }
    }
}
