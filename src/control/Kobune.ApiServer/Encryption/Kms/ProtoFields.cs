using System.Buffers;
using System.Text;

namespace Kobune.ApiServer.Encryption.Kms;

/// <summary>Just enough of the protobuf wire format for the messages of KMS: strings, bytes, numbers and maps by field number.</summary>
internal static class ProtoFields
{
    public static void Write(ArrayBufferWriter<byte> output, int field, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return;
        }

        Varint(output, ((ulong)field << 3) | 2);
        Varint(output, (ulong)value.Length);
        output.Write(value);
    }

    public static void Write(ArrayBufferWriter<byte> output, int field, string value) => Write(output, field, Encoding.UTF8.GetBytes(value));

    public static void Write(ArrayBufferWriter<byte> output, int field, ulong value)
    {
        if (value != 0)
        {
            Varint(output, (ulong)field << 3);
            Varint(output, value);
        }
    }

    /// <summary>All length-delimited fields, and numbers as their value.</summary>
    /// <exception cref="FormatException"></exception>
    public static List<(int Field, byte[] Bytes, ulong Number)> Read(ReadOnlySpan<byte> message)
    {
        var fields = new List<(int, byte[], ulong)>();
        while (!message.IsEmpty)
        {
            var tag = Varint(ref message);
            switch (tag & 7)
            {
                case 0:
                    fields.Add(((int)(tag >> 3), [], Varint(ref message)));
                    break;
                case 2:
                    var length = Varint(ref message);
                    if (length > (ulong)message.Length)
                    {
                        throw new FormatException("a field is longer than its message");
                    }

                    fields.Add(((int)(tag >> 3), message[..(int)length].ToArray(), 0));
                    message = message[(int)length..];
                    break;
                default:
                    throw new FormatException("unexpected wire type");
            }
        }

        return fields;
    }

    private static void Varint(ArrayBufferWriter<byte> output, ulong value)
    {
        while (value >= 0x80)
        {
            output.Write([(byte)(value | 0x80)]);
            value >>= 7;
        }

        output.Write([(byte)value]);
    }

    private static ulong Varint(ref ReadOnlySpan<byte> message)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (message.IsEmpty)
            {
                break;
            }

            var b = message[0];
            message = message[1..];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("a number has no end");
    }
}
