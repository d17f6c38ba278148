using Kobune.Api;
using CoreV1 = Kobune.Api.Core.V1;
using EventsV1 = Kobune.Api.Events.V1;

namespace Kobune.ApiServer.Registry.Conversion;

/// <summary>events.k8s.io/v1 Events as the core/v1 Events that they are stored as: the same facts under other names.</summary>
internal sealed class EventConverter : IVersionConverter
{
    public KubeObject FromStorage(KubeObject stored)
    {
        var e = (CoreV1.Event)stored;
        return new EventsV1.Event
        {
            Metadata = e.Metadata,
            EventTime = e.EventTime,
            Series = e.Series is { } s ? new EventsV1.EventSeries { Count = s.Count, LastObservedTime = s.LastObservedTime } : null,
            ReportingController = e.ReportingComponent,
            ReportingInstance = e.ReportingInstance,
            Action = e.Action,
            Reason = e.Reason,
            Regarding = e.InvolvedObject,
            Related = e.Related,
            Note = e.Message,
            Type = e.Type,
            DeprecatedSource = e.Source,
            DeprecatedFirstTimestamp = e.FirstTimestamp,
            DeprecatedLastTimestamp = e.LastTimestamp,
            DeprecatedCount = e.Count,
        };
    }

    public KubeObject ToStorage(KubeObject served)
    {
        var e = (EventsV1.Event)served;
        return new CoreV1.Event
        {
            Metadata = e.Metadata,
            EventTime = e.EventTime,
            Series = e.Series is { } s ? new CoreV1.EventSeries { Count = s.Count, LastObservedTime = s.LastObservedTime } : null,
            ReportingComponent = e.ReportingController,
            ReportingInstance = e.ReportingInstance,
            Action = e.Action,
            Reason = e.Reason,
            InvolvedObject = e.Regarding,
            Related = e.Related,
            Message = e.Note,
            Type = e.Type,
            Source = e.DeprecatedSource,
            FirstTimestamp = e.DeprecatedFirstTimestamp,
            LastTimestamp = e.DeprecatedLastTimestamp,
            Count = e.DeprecatedCount,
        };
    }
}
