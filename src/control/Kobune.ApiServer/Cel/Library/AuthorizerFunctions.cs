using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authorization;

namespace Kobune.ApiServer.Cel.Library;

/// <summary>authorizer.group(…).resource(…).check(…): whether somebody may do something.</summary>
internal static class AuthorizerFunctions
{
    /// <summary>The variable authorizer, and each step of a question.</summary>
    internal sealed record Question(RequestAttributes Attributes);

    private sealed record Answer(bool Allowed, string Reason);

    public static void AddTo(Dictionary<string, CelFunction> methods)
    {
        methods["path"] = static (in CelArguments c) => new Question(c.SelfAs<Question>().Attributes with { Path = c.As<string>(0), IsResourceRequest = false });
        methods["group"] = static (in CelArguments c) => new Question(c.SelfAs<Question>().Attributes with { ApiGroup = c.As<string>(0), IsResourceRequest = true, ApiVersion = "*" });
        methods["resource"] = static (in CelArguments c) => new Question(c.SelfAs<Question>().Attributes with { Resource = c.As<string>(0) });
        methods["subresource"] = static (in CelArguments c) => new Question(c.SelfAs<Question>().Attributes with { Subresource = c.As<string>(0) });
        methods["namespace"] = static (in CelArguments c) => new Question(c.SelfAs<Question>().Attributes with { Namespace = c.As<string>(0) });
        methods["name"] = static (in CelArguments c) => new Question(c.SelfAs<Question>().Attributes with { Name = c.As<string>(0) });
        methods["fieldSelector"] = static (in CelArguments c) => new Question(c.SelfAs<Question>().Attributes with { FieldSelector = c.As<string>(0) });
        methods["labelSelector"] = static (in CelArguments c) => new Question(c.SelfAs<Question>().Attributes with { LabelSelector = c.As<string>(0) });
        methods["serviceAccount"] = static (in CelArguments c) =>
        {
            var (ns, name) = (c.As<string>(0), c.As<string>(1));
            var user = UserInfo.Of($"system:serviceaccount:{ns}:{name}", "system:serviceaccounts", "system:serviceaccounts:" + ns);
            return new Question(c.SelfAs<Question>().Attributes with { User = user });
        };
        methods["check"] = static (in CelArguments c) =>
        {
            c.Budget.Spend(1000);
            var ask = c.Scope.Root.Authorize ?? throw new CelException("no authorizer here");
            var (allowed, reason) = ask(c.SelfAs<Question>().Attributes with { Verb = c.As<string>(0) });
            return new Answer(allowed, reason);
        };
        methods["allowed"] = static (in CelArguments c) => c.SelfAs<Answer>().Allowed;
        methods["reason"] = static (in CelArguments c) => c.SelfAs<Answer>().Reason;
        methods["errored"] = static (in CelArguments c) => c.SelfAs<Answer>() is null;
        methods["error"] = static (in CelArguments c) => c.SelfAs<Answer>() is null ? "error" : "";
    }

}
