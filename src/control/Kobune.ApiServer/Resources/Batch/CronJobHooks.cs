using Kobune.Api;
using Kobune.Api.Batch.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Batch;

internal sealed class CronJobHooks : TypedHooks<CronJob>
{
    // Jobs are named after the CronJob, a dash and ten digits, and names of Jobs end at 63.
    private const int MaxName = 52;

    protected override void Default(CronJob obj)
    {
        var spec = obj.Spec;
        TemplateChecks.Default(spec.JobTemplate.Spec.Template);
        spec.ConcurrencyPolicy = spec.ConcurrencyPolicy.Length == 0 ? "Allow" : spec.ConcurrencyPolicy;
        spec.Suspend ??= false;
        spec.SuccessfulJobsHistoryLimit ??= 3;
        spec.FailedJobsHistoryLimit ??= 1;
    }

    protected override void Validate(CronJob obj, FieldErrorList errors)
    {
        CheckSpec(obj.Spec, null, errors);
        if (obj.Metadata.Name.Length > MaxName)
        {
            errors.Invalid("metadata.name", obj.Metadata.Name, "must be no more than 52 characters");
        }
    }

    protected override void ValidateUpdate(CronJob obj, CronJob old, FieldErrorList errors) => CheckSpec(obj.Spec, old.Spec, errors);

    protected override void Warn(CronJob obj, CronJob? old, List<string> warnings)
    {
        if (HasZone(obj.Spec.Schedule))
        {
            warnings.Add("cannot use TZ or CRON_TZ in spec.schedule, use timeZone instead");
        }

        TemplateChecks.Warn(warnings, "spec.jobTemplate.spec.template", obj.Spec.JobTemplate.Spec.Template, old?.Spec.JobTemplate.Spec.Template);
    }

    private static void CheckSpec(CronJobSpec spec, CronJobSpec? old, FieldErrorList errors)
    {
        Schedule(spec, old, errors);
        FieldRules.Nonnegative(errors, "spec.startingDeadlineSeconds", spec.StartingDeadlineSeconds);
        if (spec.ConcurrencyPolicy.Length == 0)
        {
            errors.Required("spec.concurrencyPolicy");
        }
        else if (spec.ConcurrencyPolicy is not ("Allow" or "Forbid" or "Replace"))
        {
            errors.NotSupported("spec.concurrencyPolicy", spec.ConcurrencyPolicy, "Allow", "Forbid", "Replace");
        }

        FieldRules.Nonnegative(errors, "spec.successfulJobsHistoryLimit", spec.SuccessfulJobsHistoryLimit);
        FieldRules.Nonnegative(errors, "spec.failedJobsHistoryLimit", spec.FailedJobsHistoryLimit);
        Template(spec.JobTemplate.Spec, errors);
    }

    private static void Schedule(CronJobSpec spec, CronJobSpec? old, FieldErrorList errors)
    {
        const string Path = "spec.schedule";
        if (spec.Schedule.Length == 0)
        {
            errors.Required(Path);
        }
        else
        {
            var schedule = HasZone(spec.Schedule) ? spec.Schedule[(spec.Schedule.IndexOf(' ') + 1)..].Trim() : spec.Schedule;
            if (CronSchedule.Error(schedule) is { } wrong)
            {
                errors.Invalid(Path, spec.Schedule, wrong);
            }

            // Old objects may keep it; new ones have a field of their own for it.
            if (HasZone(spec.Schedule) && old?.Schedule != spec.Schedule)
            {
                errors.Invalid(Path, spec.Schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
            }
        }

        if (old is null || old.TimeZone != spec.TimeZone)
        {
            Zone(spec.TimeZone, "spec.timeZone", errors);
        }
    }

    private static void Zone(string? zone, string path, FieldErrorList errors)
    {
        if (zone is null)
        {
            return;
        }

        if (zone.Length == 0)
        {
            errors.Invalid(path, zone, "must be nil or non-empty string");
        }
        else if (string.Equals(zone, "local", StringComparison.OrdinalIgnoreCase))
        {
            errors.Invalid(path, zone, "must be an explicit time zone as defined in https://www.iana.org/time-zones");
        }
        else if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
        {
            errors.Invalid(path, zone, "unknown time zone " + zone);
        }
    }

    private static void Template(JobSpec spec, FieldErrorList errors)
    {
        const string Path = "spec.jobTemplate.spec";
        JobSpecChecks.Check(spec, Path, errors);
        if (spec.Selector is not null)
        {
            errors.Invalid(Path + ".selector", spec.Selector, "`selector` will be auto-generated");
        }

        if (spec.ManualSelector == true)
        {
            errors.NotSupported(Path + ".manualSelector", true, "nil", "false");
        }
    }

    private static bool HasZone(string schedule) => schedule.StartsWith("TZ=", StringComparison.Ordinal) || schedule.StartsWith("CRON_TZ=", StringComparison.Ordinal);
}
