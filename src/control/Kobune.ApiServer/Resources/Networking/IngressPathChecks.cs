using Kobune.Api.Networking.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Networking;

internal static class IngressPathChecks
{
    private static readonly string[] Sequences = ["//", "/./", "/../", "%2f", "%2F"];
    private static readonly string[] Suffixes = ["/..", "/."];

    public static void Check(HTTPIngressPath path, string at, FieldErrorList errors)
    {
        switch (path.PathType)
        {
            case null:
                errors.Required(at + ".pathType", "pathType must be specified");
                break;
            case "Exact" or "Prefix":
                Absolute(path.Path, at + ".path", errors);
                break;
            case "ImplementationSpecific":
                if (path.Path.Length > 0 && path.Path[0] != '/')
                {
                    errors.Invalid(at + ".path", path.Path, "must be an absolute path");
                }

                break;
            default:
                errors.NotSupported(at + ".pathType", path.PathType, "Exact", "ImplementationSpecific", "Prefix");
                break;
        }

        IngressBackendChecks.Check(path.Backend, at + ".backend", errors);
    }

    private static void Absolute(string path, string at, FieldErrorList errors)
    {
        if (path.Length == 0 || path[0] != '/')
        {
            errors.Invalid(at, path, "must be an absolute path");
            return;
        }

        foreach (var sequence in Sequences.Where(s => path.Contains(s, StringComparison.Ordinal)))
        {
            errors.Invalid(at, path, $"must not contain '{sequence}'");
        }

        foreach (var suffix in Suffixes.Where(s => path.EndsWith(s, StringComparison.Ordinal)))
        {
            errors.Invalid(at, path, $"cannot end with '{suffix}'");
        }
    }
}

internal static class IngressBackendChecks
{
    public static void Check(IngressBackend backend, string path, FieldErrorList errors)
    {
        if (backend is { Service: not null, Resource: not null })
        {
            errors.Invalid(path, "", "cannot set both resource and service backends");
            return;
        }

        if (backend.Resource is not null)
        {
            return;
        }

        if (backend.Service is not { } service)
        {
            errors.Required(path, "port name or number is required");
            return;
        }

        if (service.Name.Length == 0)
        {
            errors.Required(path + ".service.name");
        }
        else
        {
            errors.Each(path + ".service.name", service.Name, Names.Dns1035Label(service.Name));
        }

        var named = service.Port.Name.Length > 0;
        var numbered = service.Port.Number != 0;
        if (named && numbered)
        {
            errors.Invalid(path, "", "cannot set both port name & port number");
        }
        else if (!named && !numbered)
        {
            errors.Required(path, "port name or number is required");
        }
        else if (numbered)
        {
            errors.PortNumber(path + ".service.port.number", service.Port.Number);
        }
    }
}
