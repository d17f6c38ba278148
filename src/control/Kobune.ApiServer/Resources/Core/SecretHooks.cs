using System.Text;
using System.Text.Json;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>Secrets: stringData becomes data, each type brings the keys it needs.</summary>
internal sealed class SecretHooks : TypedHooks<Secret>
{
    private const string AccountName = "kubernetes.io/service-account.name";

    protected override void Default(Secret obj)
    {
        obj.Type = obj.Type.Length == 0 ? "Opaque" : obj.Type;
        foreach (var (key, value) in obj.StringData)
        {
            obj.Data[key] = Encoding.UTF8.GetBytes(value);
        }

        obj.StringData = [];
    }

    protected override void Validate(Secret obj, FieldErrorList errors)
    {
        var size = 0L;
        foreach (var (key, value) in obj.Data)
        {
            ConfigMapHooks.Key(key, "data", errors);
            size += value.Length;
        }

        if (size > ConfigMapHooks.MaxSize)
        {
            errors.TooLong("data", ConfigMapHooks.MaxSize);
        }

        switch (obj.Type)
        {
            case "kubernetes.io/service-account-token":
                if (obj.Metadata.Annotations.GetValueOrDefault(AccountName, "").Length == 0)
                {
                    errors.Required(FieldPath.New("metadata", "annotations").Key(AccountName));
                }

                break;
            case "kubernetes.io/dockercfg":
                Json(obj, ".dockercfg", errors);
                break;
            case "kubernetes.io/dockerconfigjson":
                Json(obj, ".dockerconfigjson", errors);
                break;
            case "kubernetes.io/basic-auth":
                if (!obj.Data.ContainsKey("username") && !obj.Data.ContainsKey("password"))
                {
                    Required("username", errors);
                    Required("password", errors);
                }

                break;
            case "kubernetes.io/ssh-auth":
                if (!obj.Data.TryGetValue("ssh-privatekey", out var privateKey) || privateKey.Length == 0)
                {
                    Required("ssh-privatekey", errors);
                }

                break;
            case "kubernetes.io/tls":
                foreach (var key in (ReadOnlySpan<string>)["tls.crt", "tls.key"])
                {
                    if (!obj.Data.ContainsKey(key))
                    {
                        Required(key, errors);
                    }
                }

                break;
        }
    }

    protected override void ValidateUpdate(Secret obj, Secret old, FieldErrorList errors)
    {
        errors.Unchanged("type", obj.Type, old.Type);
        if (old.Immutable == true)
        {
            if (obj.Immutable != true)
            {
                errors.Forbidden("immutable", ConfigMapHooks.Fixed);
            }

            if (!ConfigMapHooks.SameBytes(obj.Data, old.Data))
            {
                errors.Forbidden("data", ConfigMapHooks.Fixed);
            }
        }

        Validate(obj, errors);
    }

    private static void Required(string key, FieldErrorList errors) => errors.Required(FieldPath.New("data").Key(key));

    private static void Json(Secret secret, string key, FieldErrorList errors)
    {
        if (!secret.Data.TryGetValue(key, out var content))
        {
            Required(key, errors);
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(content);
            if (document.RootElement.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
            {
                errors.Invalid(FieldPath.New("data").Key(key), "<secret contents redacted>", $"json: cannot unmarshal {GoKind(document.RootElement.ValueKind)} into Go value of type map[string]interface {{}}");
            }
        }
        catch (JsonException)
        {
            errors.Invalid(FieldPath.New("data").Key(key), "<secret contents redacted>", content.Length == 0 ? "unexpected end of JSON input" : "invalid character in JSON input");
        }
    }

    private static string GoKind(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };
}
