using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Kobune.Api;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.CustomResources.Schemas;

/// <summary>The string formats that schemas may demand. Unknown formats demand nothing.</summary>
internal static class Formats
{
    public static bool Holds(string format, string value) => format switch
    {
        "date-time" or "datetime" => KubeTime.TryParse(value, out _),
        "date" => DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "duration" => GoDuration.TryParse(value, out _),
        "byte" => Convert.TryFromBase64String(value, new byte[value.Length], out _),
        "uuid" or "uuid3" or "uuid4" or "uuid5" => Guid.TryParseExact(value, "D", out _),
        "ipv4" => IPAddress.TryParse(value, out var four) && four.AddressFamily == AddressFamily.InterNetwork && value.Count(c => c == '.') == 3,
        "ipv6" => IPAddress.TryParse(value, out var six) && six.AddressFamily == AddressFamily.InterNetworkV6,
        "cidr" => IPNetwork.TryParse(value, out _) || IsCidr(value),
        "mac" => System.Net.NetworkInformation.PhysicalAddress.TryParse(value.Replace(':', '-').ToUpperInvariant(), out _),
        "uri" => Uri.TryCreate(value, UriKind.Absolute, out _),
        "email" => System.Net.Mail.MailAddress.TryCreate(value, out var mail) && mail.Address == value,
        "hostname" => value.Length is > 0 and <= 255 && value.Split('.').All(l => l.Length is > 0 and <= 63 && l.All(c => char.IsLetterOrDigit(c) || c == '-') && l[0] != '-' && l[^1] != '-'),
        "k8s-short-name" => Names.DnsLabel(value).Count == 0,
        "k8s-long-name" => Names.DnsSubdomain(value).Count == 0,
        _ => true,
    };

    private static bool IsCidr(string value) =>
        value.Split('/') is [var address, var bits] && IPAddress.TryParse(address, out var ip)
        && int.TryParse(bits, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= (ip.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
}
