using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core;

/// <summary>
/// Events of both groups, which are one stored kind. The newer group is strict: the older one's fields stay empty and
/// nothing but the series changes later.
/// </summary>
internal sealed class EventHooks(bool strict) : TypedHooks<Event>
{
    public override bool AllowCreateOnUpdate => true;

    protected override void Validate(Event obj, FieldErrorList errors)
    {
        Common(obj, errors);
        if (!strict)
        {
            return;
        }

        Series(obj, errors);
        if (obj.EventTime == null)
        {
            errors.Required("eventTime");
        }

        if (obj.Type is not ("Normal" or "Warning"))
        {
            errors.Invalid("type", "", $"has invalid value: {obj.Type}");
        }

        Unset(obj.FirstTimestamp != null, "firstTimestamp", errors);
        Unset(obj.LastTimestamp != null, "lastTimestamp", errors);
        Unset(obj.Count != 0, "count", errors);
        Unset(obj.Source.Component.Length + obj.Source.Host.Length > 0, "source", errors);
    }

    protected override void ValidateUpdate(Event obj, Event old, FieldErrorList errors)
    {
        Common(obj, errors);
        if (!strict)
        {
            return;
        }

        if (!ApiStruct.DeepEquals(obj.Series, old.Series))
        {
            Series(obj, errors);
        }

        errors.Unchanged("involvedObject", obj.InvolvedObject, old.InvolvedObject);
        errors.Unchanged("reason", obj.Reason, old.Reason);
        errors.Unchanged("message", obj.Message, old.Message);
        errors.Unchanged("source", obj.Source, old.Source);
        errors.Unchanged("type", obj.Type, old.Type);
        errors.Unchanged("action", obj.Action, old.Action);
        errors.Unchanged("related", obj.Related, old.Related);
        errors.Unchanged("reportingController", obj.ReportingComponent, old.ReportingComponent);
        errors.Unchanged("reportingInstance", obj.ReportingInstance, old.ReportingInstance);
    }

    private static void Common(Event obj, FieldErrorList errors)
    {
        const string differs = "does not match event.namespace";
        var (space, about) = (obj.Metadata.Namespace, obj.InvolvedObject.Namespace);
        if (obj.EventTime == null)
        {
            if (about.Length == 0 ? space is not ("" or "default") : space != about)
            {
                errors.Invalid("involvedObject.namespace", about, differs);
            }

            return;
        }

        if (about.Length == 0 && space is not ("default" or "kube-system"))
        {
            errors.Invalid("involvedObject.namespace", about, differs);
        }

        Text(obj.ReportingComponent, "reportingController", int.MaxValue, errors);
        errors.QualifiedName("reportingController", obj.ReportingComponent);
        Text(obj.ReportingInstance, "reportingInstance", 128, errors);
        Text(obj.Action, "action", 128, errors);
        Text(obj.Reason, "reason", 128, errors);
        if (obj.Message.Length > 1024)
        {
            errors.Invalid("message", "", "can have at most 1024 characters");
        }
    }

    private static void Text(string value, string field, int most, FieldErrorList errors)
    {
        if (value.Length == 0)
        {
            errors.Required(field);
        }
        else if (value.Length > most)
        {
            errors.Invalid(field, "", FormattableString.Invariant($"can have at most {most} characters"));
        }
    }

    private static void Series(Event obj, FieldErrorList errors)
    {
        if (obj.Series is { Count: < 2 })
        {
            errors.Invalid("series.count", "", "should be at least 2");
        }

        if (obj.Series is { LastObservedTime: null })
        {
            errors.Required("series.lastObservedTime");
        }
    }

    private static void Unset(bool set, string field, FieldErrorList errors)
    {
        if (set)
        {
            errors.Invalid(field, "", "needs to be unset");
        }
    }
}
