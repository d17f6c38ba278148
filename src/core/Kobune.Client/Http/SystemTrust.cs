using System.Runtime.InteropServices;

namespace Kobune.Client.Http;

/// <summary>The machine's trusted certificates.</summary>
public static partial class SystemTrust
{
    /// <summary>
    /// For a process that meets only servers of private authorities: the machine's trust store counts as empty from here on.
    /// The framework reads all of it (some 150 files, 60 ms) for the first certificate that it checks, even where only one
    /// given authority is trusted, and asks the C library for its place: hence the environment of that library.
    /// </summary>
    public static void LeaveUnread()
    {
        _ = SetEnvironment("SSL_CERT_DIR", "/dev/null", 1);
        _ = SetEnvironment("SSL_CERT_FILE", "/dev/null", 1);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
