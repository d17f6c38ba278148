namespace Kobune.Cluster;

/// <summary>
/// Whether the host forwards packets (net.ipv4.ip_forward): switched on for the first cluster that needs it, put back as it
/// was when the last one goes. Who needs it stands in a folder, one file a cluster, beside the value of before.
/// </summary>
/// <param name="runHome">The folder of all that does not outlive a reboot, as the setting itself does not.</param>
/// <param name="cluster">The cluster's name.</param>
/// <param name="setting">The kernel's file.</param>
internal sealed class HostForwarding(string runHome, string cluster, string setting = "/proc/sys/net/ipv4/ip_forward")
{
    // A cluster's name holds no dot, so that neither is a cluster's folder.
    private readonly string _folder = Path.Combine(runHome, "ip_forward.needed");
    private readonly string _before = Path.Combine(runHome, "ip_forward.before");

    public void Need()
    {
        using var alone = FileLock.Wait(Path.Combine(runHome, ".lock"));
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, cluster), "");
        if (File.Exists(_before))
        {
            return;
        }
        var value = File.ReadAllText(setting);
        if (value.Trim() != "1")
        {
            File.WriteAllText(_before, value);
            File.WriteAllText(setting, "1\n");
        }
    }

    public void NeedNoMore()
    {
        var mine = Path.Combine(_folder, cluster);
        if (!File.Exists(mine))
        {
            return;
        }
        using var alone = FileLock.Wait(Path.Combine(runHome, ".lock"));
        File.Delete(mine);
        if (Directory.EnumerateFileSystemEntries(_folder).Any())
        {
            return;
        }
        if (File.Exists(_before))
        {
            File.WriteAllText(setting, File.ReadAllText(_before));
            File.Delete(_before);
        }
        Directory.Delete(_folder);
        File.Delete(Path.Combine(runHome, ".lock"));
    }
}
