using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.Printing;

/// <summary>Objects as rows of a meta.k8s.io/v1 Table: columns from the resource, cells from its printer.</summary>
internal sealed class TablePrinter(TimeProvider time)
{
    private static readonly IReadOnlyList<PrinterColumn> NameAndAge = [new("Name", "string", "name", 0, "", NameDescription), new("Age", "string", "", 0, "", "")];
    private const string NameDescription = "Name must be unique within a namespace. Is required when creating resources.";

    /// <param name="include">Metadata, Object or None: what goes into each row beside the cells.</param>
    /// <param name="withColumns">Watches send the columns once.</param>
    public Table Print(ServedResource resource, IEnumerable<KubeObject> objects, ListMeta metadata, string include, bool withColumns)
    {
        var columns = resource.Info.Columns.Count > 0 ? resource.Info.Columns : NameAndAge;
        var table = new Table { Metadata = metadata };
        if (withColumns)
        {
            foreach (var column in columns)
            {
                table.ColumnDefinitions.Add(new TableColumnDefinition { Name = column.Name, Type = column.Type, Format = column.Format, Priority = column.Priority, Description = column.Description.Length > 0 ? column.Description : column.Format == "name" ? NameDescription : "" });
            }
        }

        var now = time.GetUtcNow();
        foreach (var obj in objects)
        {
            var cells = new Cells(now);
            if (obj is DynamicObject custom)
            {
                CustomCells.Print(custom, columns, cells);
            }
            else if (resource.Info.Columns.Count == 0 || !CellPrinters.Print(obj, cells))
            {
                Generic(obj, columns, cells);
            }

            var row = new TableRow { Cells = cells.Values };
            row.Object = include switch
            {
                "Object" => new RawJson(KubeJson.Write(obj)),
                "Metadata" => new RawJson(KubeJson.Write(new PartialObjectMetadata { Metadata = obj.Metadata })),
                _ => null,
            };
            table.Rows.Add(row);
        }

        return table;
    }

    /// <summary>Name and age, empty cells for what nobody knows how to print.</summary>
    private static void Generic(KubeObject obj, IReadOnlyList<PrinterColumn> columns, Cells cells)
    {
        foreach (var column in columns)
        {
            if (column.Name == "Name")
            {
                cells.Text(obj.Metadata.Name);
            }
            else if (column.Name is "Age" or "Created At")
            {
                cells.Age(obj.Metadata.CreationTimestamp);
            }
            else
            {
                cells.Text("<unknown>");
            }
        }
    }
}
