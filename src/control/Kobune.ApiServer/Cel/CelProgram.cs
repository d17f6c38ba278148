namespace Kobune.ApiServer.Cel;

/// <summary>
/// A compiled expression of the Common Expression Language, with the standard library and Kubernetes' own. Immutable and
/// safe for concurrent use.
/// </summary>
internal sealed class CelProgram
{
    private readonly CelNode root;

    private CelProgram(CelNode root) => this.root = root;

    /// <param name="names">The variables that the expression may use.</param>
    /// <param name="schemas">What is known of their fields, so that misspelt ones are found.</param>
    /// <exception cref="CelSyntaxException">It does not parse, or uses what does not exist.</exception>
    public static CelProgram Compile(string source, IEnumerable<string> names, IReadOnlyDictionary<string, Kobune.Api.ApiExtensions.V1.JSONSchemaProps>? schemas = null, bool mustBeBool = false)
    {
        var root = CelParser.Parse(source);
        new CelChecker(names, schemas).Check(root, mustBeBool);
        return new CelProgram(root);
    }

    /// <summary>Whether a variable occurs (oldSelf makes a rule one about changes).</summary>
    public bool Uses(string name) => CelChecker.Names(root).Contains(name);

    /// <exception cref="CelException">The evaluation failed.</exception>
    public object? Evaluate(CelScope scope)
    {
        try
        {
            return new CelEvaluator(scope.Budget).Evaluate(root, scope);
        }
        catch (CelCostException e)
        {
            throw new CelException(e.Message);
        }
        catch (OverflowException)
        {
            throw new CelException("integer overflow");
        }
        catch (DivideByZeroException)
        {
            throw new CelException("division by zero");
        }
    }
}

/// <summary>How much evaluations may cost in all; every step costs something.</summary>
internal sealed class CelBudget(long steps = CelBudget.PerCall)
{
    public const long PerCall = 1_000_000;
    private long left = steps;

    public void Spend(long steps)
    {
        if ((left -= steps) < 0)
        {
            throw new CelCostException();
        }
    }
}

/// <summary>The variables that an evaluation sees; those of macros are laid over it.</summary>
internal sealed class CelScope
{
    private readonly CelScope? outer;
    private readonly Dictionary<string, Func<object?>> values = new(StringComparer.Ordinal);

    public CelScope(CelBudget budget) => Budget = budget;

    private CelScope(CelScope outer)
    {
        this.outer = outer;
        Budget = outer.Budget;
    }

    public CelBudget Budget { get; }

    /// <summary>Decides for authorizer.….check(…); throws <see cref="CelPendingException"/> while it is not known.</summary>
    public Func<Authorization.RequestAttributes, (bool Allowed, string Reason)>? Authorize { get; init; }

    public CelScope Root => outer?.Root ?? this;

    public CelScope With(string name, object? value)
    {
        var inner = new CelScope(this);
        inner.values[name] = () => value;
        return inner;
    }

    public void Set(string name, object? value) => values[name] = () => value;

    public void Set(string name, Func<object?> value) => values[name] = value;

    public bool TryGet(string name, out object? value)
    {
        for (var scope = this; scope is not null; scope = scope.outer)
        {
            if (scope.values.TryGetValue(name, out var found))
            {
                value = found();
                return true;
            }
        }

        value = null;
        return false;
    }
}

/// <summary>The evaluation needs a decision that takes time; whoever evaluates gets it and starts again.</summary>
internal sealed class CelPendingException(Authorization.RequestAttributes question) : Exception
{
    public Authorization.RequestAttributes Question => question;
}
