namespace Kobune.ApiServer.Cel.Library;

/// <summary>A call: its target (null for a global function) and arguments.</summary>
internal readonly record struct CelArguments(Box? Target, object?[] Values, CelScope Scope, CelBudget Budget)
{
    public object? Self => Target?.Value;
    public int Count => Values.Length;
    public object? this[int index] => index < Values.Length ? Values[index] : throw NoOverload();
    public bool IsMethod => Target is not null;

    public T As<T>(int index) => this[index] is T value ? value : throw NoOverload();
    public T SelfAs<T>() => Self is T value ? value : throw NoOverload();

    /// <summary>The target of a method, or the first argument of a function: size(x) and x.size() are one.</summary>
    public object? Subject => IsMethod ? Self : this[0];

    public static CelException NoOverload() => new("no such overload");
}

internal delegate object? CelFunction(in CelArguments call);

/// <summary>All functions, by name; namespaced ones by their whole name. Each library adds its own.</summary>
internal static class CelLibrary
{
    private static readonly Dictionary<string, CelFunction> Globals = new(StringComparer.Ordinal);
    private static readonly Dictionary<string, CelFunction> Methods = new(StringComparer.Ordinal);
    private static readonly HashSet<string> Types = new(StringComparer.Ordinal)
    {
        "bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type", "google.protobuf.Timestamp", "google.protobuf.Duration", "optional_type",
    };

    static CelLibrary()
    {
        Operators.AddTo(Globals);
        Conversions.AddTo(Globals, Methods);
        TextFunctions.AddTo(Globals, Methods);
        TimeFunctions.AddTo(Methods);
        CollectionFunctions.AddTo(Globals, Methods);
        KubernetesFunctions.AddTo(Globals, Methods);
        AuthorizerFunctions.AddTo(Methods);
        NetworkFunctions.AddTo(Globals, Methods);
    }

    public static bool Knows(string name, bool method) => method ? Methods.ContainsKey(name) : Globals.ContainsKey(name);

    public static CelTypeValue? TypeNamed(string name) => Types.Contains(name) ? new CelTypeValue(name) : null;

    public static object? Call(string name, Box? target, object?[] arguments, CelScope scope, CelBudget budget)
    {
        var table = target is null ? Globals : Methods;
        return table.TryGetValue(name, out var function)
            ? function(new CelArguments(target, arguments, scope, budget))
            : throw new CelException($"no such function: {name}");
    }
}
