using System.Net;
using System.Net.Sockets;
using Kobune.Api;

namespace Kobune.ApiServer.Validation;

/// <summary>Checks that many kinds share, as additions to the list of errors.</summary>
public static class FieldChecks
{
    private const string Immutable = "field is immutable";

    /// <summary>One error per message; for the methods of <see cref="Names"/>.</summary>
    public static void Each(this FieldErrorList errors, FieldPath path, object? value, IReadOnlyList<string> problems)
    {
        for (var i = 0; i < problems.Count; i++)
        {
            errors.Invalid(path, value, problems[i]);
        }
    }

    public static void NonNegative(this FieldErrorList errors, FieldPath path, long value)
    {
        if (value < 0)
        {
            errors.Invalid(path, value, "must be greater than or equal to 0");
        }
    }

    public static void NonNegative(this FieldErrorList errors, FieldPath path, Quantity value)
    {
        if (value.Sign < 0)
        {
            errors.Invalid(path, value.ToString(), "must be greater than or equal to 0");
        }
    }

    public static void Unchanged(this FieldErrorList errors, FieldPath path, string? value, string? old)
    {
        if (value != old)
        {
            errors.Invalid(path, value, Immutable);
        }
    }

    public static void Unchanged(this FieldErrorList errors, FieldPath path, ApiStruct? value, ApiStruct? old)
    {
        if (!ApiStruct.DeepEquals(value, old))
        {
            errors.Invalid(path, value, Immutable);
        }
    }

    public static void QualifiedName(this FieldErrorList errors, FieldPath path, string value) => errors.Each(path, value, Names.QualifiedName(value));

    public static void DnsLabel(this FieldErrorList errors, FieldPath path, string value) => errors.Each(path, value, Names.DnsLabel(value));

    public static void DnsSubdomain(this FieldErrorList errors, FieldPath path, string value) => errors.Each(path, value, Names.DnsSubdomain(value));

    public static void Labels(this FieldErrorList errors, FieldPath path, Dictionary<string, string> labels)
    {
        foreach (var (key, value) in labels)
        {
            errors.Each(path, key, Names.QualifiedName(key));
            errors.Each(path, value, Names.LabelValue(value));
        }
    }

    /// <summary>Keys, and 256 KiB for all together.</summary>
    public static void Annotations(this FieldErrorList errors, FieldPath path, Dictionary<string, string> annotations)
    {
        const int most = 256 * 1024;
        long size = 0;
        foreach (var (key, value) in annotations)
        {
            errors.Each(path, key, Names.QualifiedName(key.ToLowerInvariant()));
            size += Encoded(key) + Encoded(value);
        }

        if (size > most)
        {
            errors.TooLong(path, most);
        }

        static int Encoded(string text) => System.Text.Encoding.UTF8.GetByteCount(text);
    }

    public static void PortNumber(this FieldErrorList errors, FieldPath path, int port) => errors.Each(path, port, Names.PortNumber(port));

    public static void PortNumberOrName(this FieldErrorList errors, FieldPath path, IntOrString port)
    {
        if (port.IsString)
        {
            errors.Each(path, port.StringValue, Names.PortName(port.StringValue));
        }
        else
        {
            errors.PortNumber(path, port.IntValue);
        }
    }

    /// <summary>Whether it was one.</summary>
    public static bool IpAddress(this FieldErrorList errors, FieldPath path, string value)
    {
        var right = TryParseIp(value, out _);
        if (!right)
        {
            errors.Invalid(path, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        }

        return right;
    }

    public static bool Cidr(this FieldErrorList errors, FieldPath path, string value)
    {
        var slash = value.IndexOf('/');
        var right = slash > 0 && TryParseIp(value[..slash], out var address)
            && int.TryParse(value.AsSpan(slash + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var bits)
            && bits <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        if (!right)
        {
            errors.Invalid(path, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        }

        return right;
    }

    /// <summary>Addresses that can be no endpoint of traffic from other machines.</summary>
    public static void NonSpecialIp(this FieldErrorList errors, FieldPath path, string value)
    {
        if (!TryParseIp(value, out var ip))
        {
            errors.Invalid(path, value, "must be a valid IP address");
            return;
        }

        var bytes = ip.GetAddressBytes();
        if (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
        {
            errors.Invalid(path, value, $"may not be unspecified ({value})");
        }

        if (IPAddress.IsLoopback(ip))
        {
            errors.Invalid(path, value, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
        }

        if (ip.IsIPv6LinkLocal || (bytes.Length == 4 && bytes[0] == 169 && bytes[1] == 254))
        {
            errors.Invalid(path, value, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
        }

        if ((bytes.Length == 4 && bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0) || (bytes.Length == 16 && bytes[0] == 0xff && (bytes[1] & 0xf) == 2))
        {
            errors.Invalid(path, value, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
        }
    }

    /// <summary>Strict: four decimal numbers, or IPv6 without zone or brackets.</summary>
    public static bool TryParseIp(string value, out IPAddress address)
    {
        address = IPAddress.None;
        if (value.Contains(':') ? value.AsSpan().IndexOfAny('%', '[', '/') >= 0 : value.Count(c => c == '.') != 3 || value.Any(c => c != '.' && !char.IsAsciiDigit(c)))
        {
            return false;
        }

        return IPAddress.TryParse(value, out address!);
    }
}
