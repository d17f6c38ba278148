namespace Kobune.Api.SchemaText;

using System.Collections.Generic;

/// <summary>One schema file: a group-version with its kinds and types, as written.</summary>
internal sealed class SchemaFile
{
    public string Group = "";
    public string Version = "";
    public string Package = "";
    public string Namespace = "";
    public readonly Dictionary<string, string> Imports = new Dictionary<string, string>();
    public readonly List<SchemaKind> Kinds = new List<SchemaKind>();
    public readonly List<SchemaStruct> Types = new List<SchemaStruct>();
    public readonly List<SchemaError> Errors = new List<SchemaError>();

    public string ApiVersion => Group.Length == 0 ? Version : Group + "/" + Version;
}

/// <summary>A kind that clients can name: its resource, subresources and printer columns.</summary>
internal sealed class SchemaKind
{
    public string Name = "";
    public string Plural = "";
    public string Singular = "";
    public bool Namespaced;
    public bool External;
    public string[] ShortNames = [];
    public string[] Categories = [];
    public string[] Verbs = [];
    public readonly List<SchemaSubresource> Subresources = new List<SchemaSubresource>();
    public readonly List<SchemaColumn> Columns = new List<SchemaColumn>();
    public int Line;
}

internal sealed class SchemaSubresource
{
    public string Name = "";
    public string Kind = "";
    public string Group = "";
    public string Version = "";
    public string[] Verbs = [];
}

internal sealed class SchemaColumn
{
    public string Name = "";
    public string Type = "";
    public string Format = "";
    public int Priority;
}

internal sealed class SchemaStruct
{
    public string Name = "";
    public bool TypeMeta;
    public bool Fragment;
    public bool Custom;
    public bool Atomic;
    public string Description = "";
    public readonly List<SchemaField> Fields = new List<SchemaField>();
    public readonly List<SchemaUnion> Unions = new List<SchemaUnion>();
    public int Line;
}

internal sealed class SchemaUnion
{
    public string Discriminator = "";
    public readonly List<KeyValuePair<string, string>> Members = new List<KeyValuePair<string, string>>();
}

internal enum SchemaShape
{
    Single,
    List,
    Map,
}

internal sealed class SchemaField
{
    public string Name = "";
    public string Rename = "";
    /// <summary>The fields of <see cref="Base"/> appear in the owner (Go's embedded struct); nested only on the wire.</summary>
    public bool Inline;
    public SchemaShape Shape;
    public bool Pointer;
    /// <summary>A scalar's name, a type of the same file, or <c>alias.Type</c>.</summary>
    public string Base = "";
    public int Number;
    public bool Required;
    public bool Always;
    public bool OmitZero;
    public string Default = "";
    public string ListType = "";
    public string[] ListKeys = [];
    public string MapType = "";
    public string[] PatchStrategies = [];
    public string PatchMergeKey = "";
    public string Description = "";
    public int Line;

    public bool IsStruct => !SchemaParser.IsScalar(Base);
}

internal readonly struct SchemaError
{
    public readonly int Line;
    public readonly string Message;

    public SchemaError(int line, string message)
    {
        Line = line;
        Message = message;
    }
}
