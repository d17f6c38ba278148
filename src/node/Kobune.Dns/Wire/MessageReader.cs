using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Kobune.Dns.Wire;

/// <summary>
/// Reads a message. Whatever the octets are, it ends soon and either returns a message or throws
/// <see cref="DnsFormatException"/>: compression pointers only lead backwards, and names are bounded.
/// </summary>
internal ref struct MessageReader
{
    private const int MaxRecords = 4096;
    private const int MaxPointers = 64;

    private readonly ReadOnlySpan<byte> _message;
    private readonly ushort _id;
    private int _at;

    private MessageReader(ReadOnlySpan<byte> message)
    {
        _message = message;
        _id = BinaryPrimitives.ReadUInt16BigEndian(message);
    }

    /// <exception cref="DnsFormatException">The message is malformed.</exception>
    public static DnsMessage Read(ReadOnlySpan<byte> message)
    {
        if (message.Length < 12)
        {
            throw new DnsFormatException($"{message.Length} octets are no message", message.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(message) : null);
        }
        return new MessageReader(message).ReadMessage();
    }

    private DnsMessage ReadMessage()
    {
        _at = 2;
        int flags = Number16(), questions = Number16(), answers = Number16(), authorities = Number16(), additional = Number16();
        if (questions > 1)
        {
            throw Malformed("more than one question");
        }
        DnsQuestion? question = questions == 0 ? null : new DnsQuestion(Name(), (RecordType)Number16(), Number16());
        EdnsOptions? edns = null;
        var extendedCode = 0;
        var result = new DnsMessage
        {
            Id = _id,
            IsResponse = (flags & 0x8000) != 0,
            OpCode = (flags >> 11) & 0xF,
            IsAuthoritative = (flags & 0x0400) != 0,
            IsTruncated = (flags & 0x0200) != 0,
            RecursionDesired = (flags & 0x0100) != 0,
            RecursionAvailable = (flags & 0x0080) != 0,
            IsAuthentic = (flags & 0x0020) != 0,
            CheckingDisabled = (flags & 0x0010) != 0,
            Question = question,
            Answers = Records(answers, ref edns, ref extendedCode),
            Authorities = Records(authorities, ref edns, ref extendedCode),
            Additional = Records(additional, ref edns, ref extendedCode),
        };
        return result with { Edns = edns, Code = (ResponseCode)((extendedCode << 4) | (flags & 0xF)) };
    }

    private List<DnsRecord> Records(int count, ref EdnsOptions? edns, ref int extendedCode)
    {
        if (count > MaxRecords)
        {
            throw Malformed("too many records");
        }
        var records = new List<DnsRecord>(Math.Min(count, 64));
        for (var i = 0; i < count; i++)
        {
            var name = Name();
            var type = (RecordType)Number16();
            var cls = Number16();
            var ttl = Number32();
            int length = Number16();
            Need(length);
            if (type == RecordType.OPT)
            {
                extendedCode = (int)(ttl >> 24);
                edns = new EdnsOptions(cls, (byte)(ttl >> 16), (ttl & 0x8000) != 0);
                _at += length;
                continue;
            }
            // A time to live with its highest bit set counts as zero (RFC 2181 §8).
            records.Add(new DnsRecord(name, type, ttl > int.MaxValue ? 0 : ttl, Data(type, length), cls));
        }
        return records;
    }

    private RecordData Data(RecordType type, int length)
    {
        var end = _at + length;
        RecordData data = type switch
        {
            RecordType.A when length == 4 => new AddressData(new IPAddress(Take(4))),
            RecordType.AAAA when length == 16 => new AddressData(new IPAddress(Take(16))),
            RecordType.A or RecordType.AAAA => throw Malformed("an address of the wrong length"),
            RecordType.CNAME or RecordType.NS or RecordType.PTR => new NameData(Name()),
            RecordType.MX => new MailData(Number16(), Name()),
            RecordType.SRV => new ServiceData(Number16(), Number16(), Number16(), Name()),
            RecordType.SOA => new AuthorityData(Name(), Name(), Number32(), Number32(), Number32(), Number32(), Number32()),
            _ => new RawData(Take(length).ToArray()),
        };
        if (_at != end)
        {
            throw Malformed("record data of the wrong length");
        }
        return data;
    }

    private DnsName Name()
    {
        var labels = new List<string>();
        var at = _at;
        var after = -1; // where reading goes on once the first pointer was followed
        var octets = 1;
        var pointers = 0;
        while (true)
        {
            int length = At(at);
            if (length == 0)
            {
                _at = after < 0 ? at + 1 : after;
                return new DnsName([.. labels]);
            }
            if (length >= 0xC0)
            {
                var target = ((length & 0x3F) << 8) | At(at + 1);
                if (target >= at || ++pointers > MaxPointers)
                {
                    throw Malformed("a compression pointer that does not lead back");
                }
                after = after < 0 ? at + 2 : after;
                at = target;
                continue;
            }
            octets += length + 1;
            if (length > 63 || octets > 255 || at + 1 + length > _message.Length)
            {
                throw Malformed("a name beyond its limits");
            }
            labels.Add(Encoding.Latin1.GetString(_message.Slice(at + 1, length)));
            at += length + 1;
        }
    }

    private readonly byte At(int index) => index < _message.Length ? _message[index] : throw Malformed("the message ends too soon");

    private readonly void Need(int count)
    {
        if (count > _message.Length - _at)
        {
            throw Malformed("the message ends too soon");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        Need(count);
        _at += count;
        return _message.Slice(_at - count, count);
    }

    private ushort Number16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    private uint Number32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    private readonly DnsFormatException Malformed(string what) => new(what, _id);
}
