namespace Kobune.Api;

using Kobune.Api.Meta.V1;

/// <summary>Makes the failures of the API with the reference implementation's codes, reasons, messages and details.</summary>
public static class StatusErrors
{
    /// <summary>The text of a lost optimistic update.</summary>
    public const string Modified = "the object has been modified; please apply your changes to the latest version and try again";

    public static KubeStatusException NotFound(ResourceInfo resource, string name) => NotFound(resource.Group, resource.Plural, name);

    public static KubeStatusException NotFound(string group, string resource, string name) =>
        About(404, StatusReason.NotFound, $"{Qualified(group, resource)} \"{name}\" not found", group, resource, name);

    public static KubeStatusException AlreadyExists(ResourceInfo resource, string name) => AlreadyExists(resource.Group, resource.Plural, name);

    public static KubeStatusException AlreadyExists(string group, string resource, string name) =>
        About(409, StatusReason.AlreadyExists, $"{Qualified(group, resource)} \"{name}\" already exists", group, resource, name);

    public static KubeStatusException GenerateNameConflict(ResourceInfo resource, string name, int retryAfterSeconds)
    {
        var e = About(409, StatusReason.AlreadyExists,
            $"{resource.QualifiedPlural} \"{name}\" already exists, the server was not able to generate a unique name for the object",
            resource.Group, resource.Plural, name);
        e.Status.Details!.RetryAfterSeconds = retryAfterSeconds;
        return e;
    }

    public static KubeStatusException Conflict(ResourceInfo resource, string name, string why = Modified) => Conflict(resource.Group, resource.Plural, name, why);

    public static KubeStatusException Conflict(string group, string resource, string name, string why = Modified) =>
        About(409, StatusReason.Conflict, $"Operation cannot be fulfilled on {Qualified(group, resource)} \"{name}\": {why}", group, resource, name);

    /// <summary>Server-side apply met fields that others own.</summary>
    public static KubeStatusException ApplyConflict(IEnumerable<StatusCause> causes, string message)
    {
        var e = Make(409, StatusReason.Conflict, message);
        e.Status.Details = new StatusDetails { Causes = [.. causes] };
        return e;
    }

    public static KubeStatusException Unauthorized(string message = "Unauthorized") => Make(401, StatusReason.Unauthorized, message);

    public static KubeStatusException Forbidden(ResourceInfo resource, string name, string why) => Forbidden(resource.Group, resource.Plural, name, why);

    public static KubeStatusException Forbidden(string group, string resource, string name, string why)
    {
        var message = resource.Length == 0 ? $"forbidden: {why}"
            : name.Length == 0 ? $"{Qualified(group, resource)} is forbidden: {why}"
            : $"{Qualified(group, resource)} \"{name}\" is forbidden: {why}";
        return About(403, StatusReason.Forbidden, message, group, resource, name);
    }

    public static KubeStatusException Invalid(ResourceInfo resource, string name, IReadOnlyCollection<FieldError> errors) =>
        Invalid(resource.Group, resource.Kind, name, errors);

    public static KubeStatusException Invalid(string group, string kind, string name, IReadOnlyCollection<FieldError> errors)
    {
        var message = $"{Qualified(group, kind)} \"{name}\" is invalid";
        var e = About(422, StatusReason.Invalid, errors.Count == 0 ? message : $"{message}: {FieldError.Join(errors)}", group, kind, name);
        e.Status.Details!.Causes = [.. errors.Select(f => new StatusCause { Reason = f.CauseType, Message = f.Body, Field = f.Field })];
        return e;
    }

    public static KubeStatusException BadRequest(string message) => Make(400, StatusReason.BadRequest, message);

    public static KubeStatusException MethodNotAllowed(string group, string resource, string action) =>
        About(405, StatusReason.MethodNotAllowed, $"{action} is not supported on resources of kind \"{Qualified(group, resource)}\"", group, resource, "");

    public static KubeStatusException TooManyRequests(string message, int retryAfterSeconds) =>
        Retry(429, StatusReason.TooManyRequests, message, retryAfterSeconds);

    /// <summary>The position in history is no longer kept; a watcher lists again.</summary>
    public static KubeStatusException Expired(string message) => Make(410, StatusReason.Expired, message);

    public static KubeStatusException Gone(string message) => Make(410, StatusReason.Gone, message);

    public static KubeStatusException Timeout(string message, int retryAfterSeconds = 0) =>
        Retry(504, StatusReason.Timeout, $"Timeout: {message}", retryAfterSeconds);

    public static KubeStatusException ServerTimeout(string group, string resource, string operation, int retryAfterSeconds)
    {
        var e = About(500, StatusReason.ServerTimeout,
            $"The {operation} operation against {Qualified(group, resource)} could not be completed at this time, please try again.", group, resource, operation);
        e.Status.Details!.RetryAfterSeconds = retryAfterSeconds;
        return e;
    }

    public static KubeStatusException InternalError(string message, Exception? inner = null)
    {
        var e = Make(500, StatusReason.InternalError, $"Internal error occurred: {message}", inner);
        e.Status.Details = new StatusDetails { Causes = [new StatusCause { Message = message }] };
        return e;
    }

    public static KubeStatusException ServiceUnavailable(string message) => Make(503, StatusReason.ServiceUnavailable, message);

    public static KubeStatusException UnsupportedMediaType(IEnumerable<string> accepted) => Make(415, StatusReason.UnsupportedMediaType,
        $"the body of the request was in an unknown format - accepted media types include: {string.Join(", ", accepted)}");

    public static KubeStatusException NotAcceptable(IEnumerable<string> offered) => Make(406, StatusReason.NotAcceptable,
        $"only the following media types are accepted: {string.Join(", ", offered)}");

    public static KubeStatusException RequestEntityTooLarge(string message) =>
        Make(413, StatusReason.RequestEntityTooLarge, $"Request entity too large: {message}");

    /// <summary>The path leads nowhere.</summary>
    public static KubeStatusException NoSuchPath()
    {
        var e = Make(404, StatusReason.NotFound, "the server could not find the requested resource");
        e.Status.Details = new StatusDetails();
        return e;
    }

    private static KubeStatusException Retry(int code, string reason, string message, int seconds)
    {
        var e = Make(code, reason, message);
        e.Status.Details = new StatusDetails { RetryAfterSeconds = seconds };
        return e;
    }

    private static KubeStatusException About(int code, string reason, string message, string group, string kind, string name)
    {
        var e = Make(code, reason, message);
        e.Status.Details = new StatusDetails { Group = group, Kind = kind, Name = name };
        return e;
    }

    private static KubeStatusException Make(int code, string reason, string message, Exception? inner = null) =>
        new(new Status { Result = "Failure", Code = code, Reason = reason, Message = message }, inner);

    private static string Qualified(string group, string name) => group.Length == 0 ? name : name + "." + group;
}
