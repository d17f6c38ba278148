using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>What is accepted in a PodSpec but most likely a mistake; for Warning headers.</summary>
internal static class PodSpecWarnings
{
    public static void Add(PodSpec spec, FieldPath path, List<string> warnings)
    {
        for (var i = 0; i < spec.Volumes.Count; i++)
        {
            if (spec.Volumes[i].GitRepo != null)
            {
                warnings.Add($"{path.Child("volumes").Index(i).Child("gitRepo")}: deprecated in v1.11, and disabled by default in v1.33+");
            }
        }

        if (spec.TerminationGracePeriodSeconds < 0)
        {
            warnings.Add($"{path.Child("terminationGracePeriodSeconds")}: must be >= 0; negative values are invalid and will be treated as 1");
        }

        Containers(spec.Containers, path.Child("containers"), warnings);
        Containers(spec.InitContainers, path.Child("initContainers"), warnings);
    }

    private static void Containers(List<Container> containers, FieldPath path, List<string> warnings)
    {
        for (var i = 0; i < containers.Count; i++)
        {
            var at = path.Index(i);
            Fractions(containers[i].Resources.Limits, at.Child("resources", "limits"), warnings);
            Fractions(containers[i].Resources.Requests, at.Child("resources", "requests"), warnings);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            for (var e = 0; e < containers[i].Env.Count; e++)
            {
                var variable = containers[i].Env[e];
                if (!seen.Add(variable.Name) && !variable.Value.Contains("$(" + variable.Name + ")", StringComparison.Ordinal))
                {
                    warnings.Add($"{at.Child("env").Index(e)}: hides previous definition of \"{variable.Name}\", which may be dropped when using apply");
                }
            }
        }
    }

    private static void Fractions(Dictionary<string, Quantity> amounts, FieldPath path, List<string> warnings)
    {
        foreach (var name in (ReadOnlySpan<string>)["memory", "ephemeral-storage"])
        {
            if (amounts.TryGetValue(name, out var amount) && amount.MilliValue % 1000 != 0)
            {
                warnings.Add($"{path.Key(name)}: fractional byte value \"{amount}\" is invalid, must be an integer");
            }
        }
    }
}
