using System.CommandLine;

namespace Kobune.Verbs;

/// <summary>What the verbs share: the clock, the terminal, and the option that names the cluster.</summary>
internal sealed class VerbContext
{
    public TimeProvider Time { get; } = TimeProvider.System;
    public TextWriter Out { get; } = Console.Out;
    public TextWriter Error { get; } = Console.Error;
    public bool Terminal { get; } = !Console.IsOutputRedirected;

    public static Option<string> NameOption() => new("--name", "-N")
    {
        Description = "The cluster's name.",
        DefaultValueFactory = _ => "kobune",
        Validators =
        {
            result =>
            {
                var name = result.GetValueOrDefault<string>();
                if (name is null || name.Length is 0 or > 32 || !name.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-') || name[0] == '-' || name[^1] == '-')
                {
                    result.AddError($"\"{name}\" is no cluster name: lower-case letters, digits and \"-\", at most 32, e.g. --name dev");
                }
            },
        },
    };

    /// <exception cref="UserErrorException">Not root.</exception>
    public static void RequireRoot(string verb)
    {
        if (Hosting.NativeMethods.EffectiveUserId() != 0)
        {
            throw new UserErrorException($"a node needs root: it makes network namespaces, mounts and cgroups. Run: sudo ./kobune {verb}");
        }
    }
}
