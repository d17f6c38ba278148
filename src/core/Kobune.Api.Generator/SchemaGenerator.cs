namespace Kobune.Api.Generator;

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Kobune.Api.SchemaText;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

/// <summary>Turns each <c>*.schema</c> file into C#: types, JSON and protobuf codecs, cloning, resource table.</summary>
[Generator]
public sealed class SchemaGenerator : IIncrementalGenerator
{
    private static readonly DiagnosticDescriptor Wrong = new DiagnosticDescriptor(
        "KB0001", "Schema error", "{0}", "Kobune.Schema", DiagnosticSeverity.Error, isEnabledByDefault: true);

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var texts = context.AdditionalTextsProvider.Where(t => t.Path.EndsWith(".schema", StringComparison.Ordinal));
        var files = texts.Select((t, cancel) => Source.Read(t, cancel));

        // Types refer to other files only by namespace, so a file is regenerated when it or the table of namespaces changes.
        var namespaces = files.Select((f, _) => f.File.Package + "=" + f.File.Namespace).Collect().Select((a, _) => string.Join(";", a));
        context.RegisterSourceOutput(files.Combine(namespaces), (output, pair) => Emit(output, pair.Left, pair.Right));
        var names = files.Select((f, _) => f.File.Namespace + (f.File.Kinds.Count > 0 ? "!" : "")).Collect().Select((a, _) => string.Join(";", a));
        context.RegisterSourceOutput(names, (output, all) => output.AddSource("GeneratedKinds.g.cs", KindsEmitter.Table(all.Split(';'))));
    }

    private static void Emit(SourceProductionContext output, Source source, string namespaces)
    {
        var packages = namespaces.Split(';').Select(p => p.Split('=')).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1]);
        var resolver = new TypeResolver(source.File, packages);
        foreach (var error in source.File.Errors.Concat(resolver.Check()))
        {
            var line = new LinePosition(Math.Max(0, error.Line - 1), 0);
            var location = Location.Create(source.Path, default, new LinePositionSpan(line, line));
            output.ReportDiagnostic(Diagnostic.Create(Wrong, location, error.Message));
        }

        if (source.File.Errors.Count == 0)
        {
            output.AddSource(Path.GetFileName(source.Path) + ".g.cs", FileEmitter.Emit(source, resolver));
        }
    }
}

/// <summary>A parsed file. Compared by path and text, so that an unchanged file costs nothing.</summary>
internal sealed class Source : IEquatable<Source>
{
    private readonly string _text;

    private Source(string path, string text)
    {
        Path = path;
        _text = text;
        File = SchemaParser.Parse(text);
    }

    public string Path { get; }

    public SchemaFile File { get; }

    public string ResourceName => System.IO.Path.GetFileName(Path);

    public static Source Read(AdditionalText text, CancellationToken cancel) => new Source(text.Path, text.GetText(cancel)?.ToString() ?? "");

    public bool Equals(Source? other) => other != null && other.Path == Path && other._text == _text;

    public override bool Equals(object? obj) => Equals(obj as Source);

    public override int GetHashCode() => _text.GetHashCode();
}
