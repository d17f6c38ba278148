namespace Kobune.Api.Tests;

using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;

public sealed class StatusErrorsTests
{
    private static readonly FieldPath Spec = FieldPath.New("spec");

    [Fact]
    public void MessagesAreTheReferences()
    {
        Assert.Equal("pods \"x\" not found", StatusErrors.NotFound(Pod.Info, "x").Message);
        Assert.Equal("configmaps \"x\" already exists", StatusErrors.AlreadyExists(ConfigMap.Info, "x").Message);
        Assert.Equal("Operation cannot be fulfilled on pods \"x\": the object has been modified; please apply your changes to the latest version and try again", StatusErrors.Conflict(Pod.Info, "x").Message);
        Assert.Equal("deployments.apps \"x\" is forbidden: why", StatusErrors.Forbidden(Deployment.Info, "x", "why").Message);
        Assert.Equal("Internal error occurred: boom", StatusErrors.InternalError("boom").Message);
    }

    [Fact]
    public void InvalidListsItsCauses()
    {
        var one = StatusErrors.Invalid(Deployment.Info, "x", [FieldError.Required(Spec.Child("foo"))]);
        Assert.Equal("Deployment.apps \"x\" is invalid: spec.foo: Required value", one.Message);
        var two = StatusErrors.Invalid(Pod.Info, "x",
            [FieldError.Invalid(Spec.Child("replicas"), -1, "must be greater than or equal to 0"), FieldError.NotSupported(Spec.Child("type"), "x", "A", "B")]);
        Assert.Equal("Pod \"x\" is invalid: [spec.replicas: Invalid value: -1: must be greater than or equal to 0, spec.type: Unsupported value: \"x\": supported values: \"A\", \"B\"]", two.Message);
        Assert.Equal(["FieldValueInvalid", "FieldValueNotSupported"], two.Status.Details!.Causes.Select(c => c.Reason));
        Assert.Equal(422, two.Code);
    }

    [Fact]
    public void StatusReadsBack()
    {
        var json = KubeJson.Write(StatusErrors.NotFound(Pod.Info, "x").Status);
        Assert.Equal("""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \"x\" not found","reason":"NotFound","details":{"name":"x","kind":"pods"},"code":404}""", System.Text.Encoding.UTF8.GetString(json));
        Assert.Equal("Failure", KubeJson.Read<Meta.V1.Status>(json).Result);
    }

    [Fact]
    public void PathsPrint() =>
        Assert.Equal("spec.containers[0].env[FOO].name", Spec.Child("containers").Index(0).Child("env").Key("FOO").Child("name").ToString());
}
