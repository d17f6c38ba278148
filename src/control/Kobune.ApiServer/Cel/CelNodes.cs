namespace Kobune.ApiServer.Cel;

/// <summary>A part of a parsed expression.</summary>
internal abstract record CelNode(int Offset);

internal sealed record CelLiteral(object? Value, int Offset) : CelNode(Offset);

internal sealed record CelName(string Name, int Offset) : CelNode(Offset);

/// <param name="Test">has(x.f): whether the field is there.</param>
/// <param name="Optional">x.?f</param>
internal sealed record CelSelect(CelNode Operand, string Field, bool Test, bool Optional, int Offset) : CelNode(Offset);

internal sealed record CelIndex(CelNode Operand, CelNode Key, bool Optional, int Offset) : CelNode(Offset);

/// <param name="Target">null for global functions; operators are functions named after their sign.</param>
internal sealed record CelCall(string Function, CelNode? Target, IReadOnlyList<CelNode> Arguments, int Offset) : CelNode(Offset);

internal sealed record CelListNode(IReadOnlyList<(CelNode Value, bool Optional)> Items, int Offset) : CelNode(Offset);

internal sealed record CelMapNode(IReadOnlyList<(CelNode Key, CelNode Value, bool Optional)> Entries, int Offset) : CelNode(Offset);

/// <summary>Type{field: value}: Object{…}, JSONPatch{…}.</summary>
internal sealed record CelMessage(string Type, IReadOnlyList<(string Field, CelNode Value, bool Optional)> Fields, int Offset) : CelNode(Offset);

internal sealed record CelConditional(CelNode Condition, CelNode Yes, CelNode No, int Offset) : CelNode(Offset);

/// <summary>A macro over a list or map: all, exists, exists_one, map, filter, transformList, transformMap; bind and optMap have a single round.</summary>
internal sealed record CelLoop(string Macro, CelNode Range, string First, string? Second, CelNode? Filter, CelNode Body, int Offset) : CelNode(Offset);
