using System.Buffers.Binary;
using System.Text;

namespace Kobune.Dns.Wire;

/// <summary>
/// Writes a message within a size. Names are compressed. What does not fit is left out: additional records silently, others
/// with the truncation flag, upon which the client asks again by TCP (RFC 2181 §9).
/// </summary>
internal sealed class MessageWriter
{
    private const int HeaderLength = 12;
    private const int OptLength = 11;

    private readonly byte[] _buffer;
    private readonly Dictionary<DnsName, int> _names = [];
    private int _at = HeaderLength;

    private MessageWriter(int limit) => _buffer = new byte[limit];

    /// <param name="message">What to write.</param>
    /// <param name="limit">The size in octets; at least 512.</param>
    public static byte[] Write(DnsMessage message, int limit = ushort.MaxValue) => new MessageWriter(Math.Max(limit, 512)).WriteMessage(message);

    private byte[] WriteMessage(DnsMessage message)
    {
        var room = _buffer.Length - (message.Edns is null ? 0 : OptLength);
        if (message.Question is { } question)
        {
            Name(question.Name);
            Number16((ushort)question.Type);
            Number16(question.Class);
        }
        var answers = Records(message.Answers, room);
        var whole = answers == message.Answers.Count;
        var authorities = whole ? Records(message.Authorities, room) : 0;
        whole &= authorities == message.Authorities.Count;
        var additional = whole ? Records(message.Additional, room) : 0;
        if (message.Edns is { } edns)
        {
            Opt(edns, message.Code);
            additional++;
        }
        Header(message, !whole, answers, authorities, additional);
        return _buffer[.._at];
    }

    private void Header(DnsMessage m, bool truncated, int answers, int authorities, int additional)
    {
        var flags = (m.IsResponse ? 0x8000 : 0) | (m.OpCode << 11) | (m.IsAuthoritative ? 0x0400 : 0) | (truncated || m.IsTruncated ? 0x0200 : 0)
            | (m.RecursionDesired ? 0x0100 : 0) | (m.RecursionAvailable ? 0x0080 : 0) | (m.IsAuthentic ? 0x0020 : 0) | (m.CheckingDisabled ? 0x0010 : 0)
            | ((int)m.Code & 0xF);
        ReadOnlySpan<int> numbers = [m.Id, flags, m.Question is null ? 0 : 1, answers, authorities, additional];
        for (var i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(2 * i), (ushort)numbers[i]);
        }
    }

    private void Opt(EdnsOptions edns, ResponseCode code)
    {
        _buffer[_at++] = 0;
        Number16((ushort)RecordType.OPT);
        Number16(edns.PayloadSize);
        Number32(((uint)code >> 4 << 24) | ((uint)edns.Version << 16) | (edns.DnssecOk ? 0x8000u : 0));
        Number16(0);
    }

    // Returns how many fit.
    private int Records(IReadOnlyList<DnsRecord> records, int room)
    {
        for (var i = 0; i < records.Count; i++)
        {
            var start = _at;
            if (!TryRecord(records[i], room))
            {
                _at = start;
                foreach (var name in _names.Where(n => n.Value >= start).Select(n => n.Key).ToList())
                {
                    _names.Remove(name);
                }
                return i;
            }
        }
        return records.Count;
    }

    private bool TryRecord(DnsRecord record, int room)
    {
        // Longest form first, so that the writing below cannot run over the end.
        if (_at + record.Name.WireLength + 10 + Longest(record.Data) > room && !FitsCompressed(record, room))
        {
            return false;
        }
        Name(record.Name);
        Number16((ushort)record.Type);
        Number16(record.Class);
        Number32(record.Ttl);
        var length = _at;
        Number16(0);
        Data(record.Data);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(length), (ushort)(_at - length - 2));
        return true;
    }

    private bool FitsCompressed(DnsRecord record, int room)
    {
        var names = Compressed(record.Name) + 10 + (record.Data switch
        {
            NameData d => Compressed(d.Name),
            MailData d => 2 + Compressed(d.Exchange),
            var other => Longest(other),
        });
        return _at + names <= room;
    }

    private int Compressed(DnsName name)
    {
        var octets = 0;
        for (var i = 0; i < name.Count; i++)
        {
            if (_names.ContainsKey(name.WithoutFirst(i)))
            {
                return octets + 2;
            }
            octets += name[i].Length + 1;
        }
        return octets + 1;
    }

    private static int Longest(RecordData data) => data switch
    {
        AddressData d => d.Type == RecordType.A ? 4 : 16,
        NameData d => d.Name.WireLength,
        MailData d => 2 + d.Exchange.WireLength,
        ServiceData d => 6 + d.Target.WireLength,
        AuthorityData d => d.Primary.WireLength + d.Mailbox.WireLength + 20,
        TextData d => 1 + d.Text.Length,
        RawData d => d.Octets.Length,
        _ => throw new InvalidOperationException($"no form for {data}"),
    };

    private void Data(RecordData data)
    {
        switch (data)
        {
            case AddressData d:
                d.Address.TryWriteBytes(_buffer.AsSpan(_at), out var written);
                _at += written;
                break;
            case NameData d:
                Name(d.Name);
                break;
            case MailData d:
                Number16(d.Preference);
                Name(d.Exchange);
                break;
            case ServiceData d:
                Number16(d.Priority);
                Number16(d.Weight);
                Number16(d.Port);
                Name(d.Target, compress: false); // RFC 2782
                break;
            case AuthorityData d:
                Name(d.Primary);
                Name(d.Mailbox);
                foreach (var number in (ReadOnlySpan<uint>)[d.Serial, d.Refresh, d.Retry, d.Expire, d.Minimum])
                {
                    Number32(number);
                }
                break;
            case TextData d:
                _buffer[_at++] = (byte)d.Text.Length;
                _at += Encoding.Latin1.GetBytes(d.Text, _buffer.AsSpan(_at));
                break;
            case RawData d:
                d.Octets.CopyTo(_buffer, _at);
                _at += d.Octets.Length;
                break;
        }
    }

    private void Name(DnsName name, bool compress = true)
    {
        for (var i = 0; i < name.Count; i++)
        {
            var rest = name.WithoutFirst(i);
            if (compress && _names.TryGetValue(rest, out var known))
            {
                Number16((ushort)(0xC000 | known));
                return;
            }
            if (_at < 0x4000)
            {
                _names.TryAdd(rest, _at);
            }
            _buffer[_at++] = (byte)name[i].Length;
            _at += Encoding.Latin1.GetBytes(name[i], _buffer.AsSpan(_at));
        }
        _buffer[_at++] = 0;
    }

    private void Number16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(_at), value);
        _at += 2;
    }

    private void Number32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(_at), value);
        _at += 4;
    }
}
