using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.ApiExtensions;

/// <summary>spec.names of a CustomResourceDefinition.</summary>
internal static class DefinitionNames
{
    public static void Check(CustomResourceDefinitionNames names, string path, FieldErrorList errors)
    {
        Needed(names.Plural, path + ".plural", errors);
        Needed(names.Singular, path + ".singular", errors);
        Needed(names.Kind, path + ".kind", errors);
        Needed(names.ListKind, path + ".listKind", errors);
        for (var i = 0; i < names.ShortNames.Count; i++)
        {
            Label(names.ShortNames[i], $"{path}.shortNames[{i}]", errors);
        }

        for (var i = 0; i < names.Categories.Count; i++)
        {
            Label(names.Categories[i], $"{path}.categories[{i}]", errors);
        }

        if (names.Kind.Length > 0 && names.Kind == names.ListKind)
        {
            errors.Invalid(path + ".listKind", names.ListKind, "kind and listKind may not be the same");
        }
    }

    private static void Needed(string name, string path, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Required(path);
        }
        else
        {
            Label(name.ToLowerInvariant(), path, errors);
        }
    }

    private static void Label(string name, string path, FieldErrorList errors) => errors.Each(path, name, Names.Dns1035Label(name));
}
