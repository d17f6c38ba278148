using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Printing;

/// <summary>Rows of events, of both groups.</summary>
internal static class EventPrinter
{
    public static void Print(Event o, Cells cells) => Row(
        cells, o.Metadata.Name, o.Type, o.Reason, o.InvolvedObject, o.Message.Trim(),
        o.Source.Component.Length > 0 ? Source(o.Source.Component, o.Source.Host) : Source(o.ReportingComponent, o.ReportingInstance),
        o.FirstTimestamp ?? o.EventTime, o.Series is { } s ? s.LastObservedTime : o.LastTimestamp ?? o.FirstTimestamp ?? o.EventTime,
        o.Series?.Count ?? (o.Count > 0 ? o.Count : 1));

    public static void Print(Kobune.Api.Events.V1.Event o, Cells cells) => Row(
        cells, o.Metadata.Name, o.Type, o.Reason, o.Regarding, o.Note.Trim(),
        o.DeprecatedSource.Component.Length > 0 ? Source(o.DeprecatedSource.Component, o.DeprecatedSource.Host) : Source(o.ReportingController, o.ReportingInstance),
        o.DeprecatedFirstTimestamp ?? o.EventTime, o.Series is { } s ? s.LastObservedTime : o.DeprecatedLastTimestamp ?? o.DeprecatedFirstTimestamp ?? o.EventTime,
        o.Series?.Count ?? (o.DeprecatedCount > 0 ? o.DeprecatedCount : 1));

    private static void Row(
        Cells cells, string name, string type, string reason, ObjectReference about, string message, string source, DateTimeOffset? first, DateTimeOffset? last, int count)
    {
        var target = about.Name.Length > 0 ? $"{about.Kind.ToLowerInvariant()}/{about.Name}" : about.Kind.ToLowerInvariant();
        cells.Text(cells.AgeText(last)).Text(type).Text(reason).Text(target).Text(about.FieldPath).Text(source).Text(message)
            .Text(cells.AgeText(first)).Number(count).Text(name);
    }

    private static string Source(string component, string host) => host.Length == 0 ? component : $"{component}, {host}";
}
