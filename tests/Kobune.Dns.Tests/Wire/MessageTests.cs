using System.Net;
using Kobune.Dns.Wire;

namespace Kobune.Dns.Tests.Wire;

public sealed class MessageTests
{
    private static readonly DnsName Name = DnsName.Parse("www.Example.com");

    [Fact]
    public void What_is_written_is_read()
    {
        DnsRecord[] records =
        [
            new(Name, RecordType.A, 5, new AddressData(IPAddress.Parse("10.1.2.3"))),
            new(Name, RecordType.AAAA, 6, new AddressData(IPAddress.Parse("fd00::7"))),
            new(Name, RecordType.CNAME, 7, new NameData(DnsName.Parse("web.example.com"))),
            new(Name, RecordType.MX, 8, new MailData(10, DnsName.Parse("mail.example.com"))),
            new(Name, RecordType.SRV, 9, new ServiceData(1, 2, 3, DnsName.Parse("a.example.com"))),
            new(Name, RecordType.SOA, 10, new AuthorityData(DnsName.Parse("ns.example.com"), DnsName.Parse("root.example.com"), 1, 2, 3, 4, 5)),
        ];
        var message = new DnsMessage
        {
            Id = 4711,
            IsResponse = true,
            IsAuthoritative = true,
            RecursionDesired = true,
            RecursionAvailable = true,
            Code = ResponseCode.BadVersion,
            Question = new DnsQuestion(Name, RecordType.A, 1),
            Answers = records,
            Edns = new EdnsOptions(1232, 0, DnssecOk: true),
        };

        var read = MessageReader.Read(MessageWriter.Write(message));

        Assert.Equal(records, read.Answers);
        Assert.Equal(message with { Answers = [], Authorities = [], Additional = [] }, read with { Answers = [], Authorities = [], Additional = [] });
    }

    [Fact]
    public void Names_are_compressed_and_keep_their_case()
    {
        var octets = MessageWriter.Write(new DnsMessage
        {
            Id = 1,
            Question = new DnsQuestion(Name, RecordType.A, 1),
            Answers = [new(Name, RecordType.A, 5, new AddressData(IPAddress.Loopback))],
        });

        Assert.Equal(12 + 17 + 4 + 2 + 10 + 4, octets.Length);
        Assert.Equal("www.Example.com.", MessageReader.Read(octets).Answers[0].Name.ToString());
    }

    [Fact]
    public void What_does_not_fit_is_left_out_and_said()
    {
        var answers = Enumerable.Range(0, 100).Select(i => new DnsRecord(Name, RecordType.A, 5, new AddressData(new IPAddress(new byte[] { 10, 0, 0, (byte)i })))).ToList();
        var message = new DnsMessage { Id = 1, Question = new DnsQuestion(Name, RecordType.A, 1), Answers = answers, Edns = new EdnsOptions(512) };

        var octets = MessageWriter.Write(message, 512);
        var read = MessageReader.Read(octets);

        Assert.InRange(octets.Length, 490, 512);
        Assert.True(read.IsTruncated);
        Assert.Equal(answers.Take(read.Answers.Count), read.Answers);
        Assert.NotNull(read.Edns);
        Assert.False(MessageReader.Read(MessageWriter.Write(message, 4096)).IsTruncated);
    }

    [Fact]
    public void Additional_records_that_do_not_fit_are_no_truncation_of_the_answer()
    {
        var additional = Enumerable.Range(0, 100).Select(i => new DnsRecord(Name, RecordType.A, 5, new AddressData(new IPAddress(new byte[] { 10, 0, 0, (byte)i })))).ToList();
        var read = MessageReader.Read(MessageWriter.Write(
            new DnsMessage { Id = 1, Question = new DnsQuestion(Name, RecordType.A, 1), Answers = [additional[0]], Additional = additional }, 512));

        Assert.False(read.IsTruncated);
        Assert.Single(read.Answers);
        Assert.InRange(read.Additional.Count, 1, 99);
    }

    [Fact]
    public void Any_octets_are_read_or_refused()
    {
        var random = new Random(20_010);
        var good = MessageWriter.Write(new DnsMessage
        {
            Id = 1,
            Question = new DnsQuestion(Name, RecordType.A, 1),
            Answers = [new(Name, RecordType.SRV, 5, new ServiceData(1, 2, 3, Name)), new(Name, RecordType.CNAME, 5, new NameData(Name))],
            Edns = new EdnsOptions(1232),
        });
        for (var i = 0; i < 50_000; i++)
        {
            var octets = i % 2 == 0 ? good[..random.Next(good.Length + 1)] : new byte[random.Next(80)];
            if (i % 2 != 0)
            {
                random.NextBytes(octets);
            }
            for (var j = random.Next(6); j > 0 && octets.Length > 0; j--)
            {
                octets[random.Next(octets.Length)] = (byte)random.Next(256);
            }
            try
            {
                MessageReader.Read(octets);
            }
            catch (DnsFormatException)
            {
                // Refused.
            }
        }
    }

    [Fact]
    public void A_pointer_to_itself_is_refused()
    {
        byte[] octets = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12, 0, 1, 0, 1];
        Assert.Equal((ushort)1, Assert.Throws<DnsFormatException>(() => MessageReader.Read(octets)).Id);
    }
}
