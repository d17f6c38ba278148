namespace Kobune.ApiServer.Discovery;

/// <summary>What /version says. Clients compare gitVersion as a semantic version.</summary>
internal static class ServerVersion
{
    public const string Major = "1";
    public const string Minor = "36";
    public const string GitVersion = "v1.36.0+kobune";
    public static readonly string Platform = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "linux/arm64" : "linux/amd64";

    public static readonly byte[] Document = System.Text.Encoding.UTF8.GetBytes(
        $"{{\"major\":\"{Major}\",\"minor\":\"{Minor}\",\"emulationMajor\":\"{Major}\",\"emulationMinor\":\"{Minor}\",\"minCompatibilityMajor\":\"{Major}\",\"minCompatibilityMinor\":\"35\","
        + $"\"gitVersion\":\"{GitVersion}\",\"gitCommit\":\"\",\"gitTreeState\":\"clean\",\"buildDate\":\"\",\"goVersion\":\"none (.NET {Environment.Version})\",\"compiler\":\"roslyn\","
        + $"\"platform\":\"{Platform}\"}}");
}
