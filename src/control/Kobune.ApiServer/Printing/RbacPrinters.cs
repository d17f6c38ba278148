using Kobune.Api;
using Kobune.Api.Rbac.V1;

namespace Kobune.ApiServer.Printing;

/// <summary>Rows of role bindings.</summary>
internal static class RbacPrinters
{
    public static void Print(KubeObject o, RoleRef role, List<Subject> subjects, Cells cells)
    {
        string Names(string kind) => string.Join(", ", subjects.Where(s => s.Kind == kind).Select(s => kind == "ServiceAccount" ? $"{s.Namespace}/{s.Name}" : s.Name));
        cells.Text(o.Metadata.Name).Text($"{role.Kind}/{role.Name}").Age(o.Metadata.CreationTimestamp).Text(Names("User")).Text(Names("Group")).Text(Names("ServiceAccount"));
    }
}
