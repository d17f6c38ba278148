using System.Text.Json.Nodes;
using Kobune.ApiServer.Cel;

namespace Kobune.ApiServer.Tests.Cel;

/// <summary>Expressions: what they evaluate to, and what they refuse.</summary>
public sealed class CelTests
{
    private const string Self = """{"name":"abc","n":3,"f":1.5,"list":[1,2,3],"map":{"a":"x","b":"y"},"items":[{"k":"a","v":1},{"k":"b","v":2}],"url":"https://example.com:80/path?k=a&k=b","at":"2024-01-02T03:04:05Z","none":null}""";

    [Theory]
    [InlineData("1 + 2 * 3 == 7 && 7 % 4 == 3 && -5 / 2 == -2 && 10 - 2 - 3 == 5")]
    [InlineData("self.n > 2 && self.n < 3.5 && self.f == 1.5")]
    [InlineData("self.name.startsWith('a') && self.name.endsWith(\"c\") && self.name.contains('b') && self.name.matches('^a.c$')")]
    [InlineData("size(self.list) == 3 && self.list.size() == 3 && self.list[1] == 2 && 2 in self.list && 'a' in self.map")]
    [InlineData("self.list.all(x, x > 0) && self.list.exists(x, x == 2) && self.list.exists_one(x, x == 3) && self.list.filter(x, x > 1) == [2, 3]")]
    [InlineData("self.list.map(x, x * 2) == [2, 4, 6]")]
    [InlineData("self.list.map(x, x > 1, x * 2) == [4, 6]")]
    [InlineData("self.items.map(i, i.k).join(',') == 'a,b'")]
    [InlineData("self.map.all(k, k in ['a', 'b']) && self.map.map(k, self.map[k]).sort() == ['x', 'y']")]
    [InlineData("has(self.name) && !has(self.missing) && (has(self.missing) || true) && (self.missing == 1 || true)")]
    [InlineData("self.?missing.orValue('d') == 'd' && self.?name.hasValue() && self.map[?'q'].orValue('z') == 'z' && optional.none().or(optional.of(1)).value() == 1")]
    [InlineData("true ? self.n == 3 : self.missing == 1")]
    [InlineData("'a,b'.split(',') == ['a', 'b'] && 'Abc'.lowerAscii() == 'abc' && ' x '.trim() == 'x' && 'aXbX'.replace('X', '-', 1) == 'a-bX' && 'abcd'.substring(1, 3) == 'bc' && 'abc'.indexOf('c') == 2")]
    [InlineData("'%s has %d of %.2f'.format(['x', 3, 1.5]) == 'x has 3 of 1.50'")]
    [InlineData("int('42') == 42 && string(3) == '3' && double('1.5') == 1.5 && uint(3) == 3u && type(1) == int && type('') == string && bytes('a') == b'a'")]
    [InlineData("duration('1h30m').getMinutes() == 90 && timestamp(self.at).getFullYear() == 2024 && timestamp(self.at) + duration('1s') > timestamp(self.at)")]
    [InlineData("quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('500m').add(quantity('500m')).compareTo(quantity('1')) == 0 && isQuantity('1k') && !isQuantity('x') && quantity('2').asInteger() == 2")]
    [InlineData("url(self.url).getHost() == 'example.com:80' && url(self.url).getHostname() == 'example.com' && url(self.url).getPort() == '80' && url(self.url).getEscapedPath() == '/path' && url(self.url).getQuery()['k'] == ['a', 'b']")]
    [InlineData("ip('192.168.0.1').family() == 4 && isIP('::1') && cidr('192.168.0.0/24').containsIP('192.168.0.9') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && !isCIDR('1.2.3.4')")]
    [InlineData("self.list.sum() == 6 && self.list.min() == 1 && self.list.max() == 3 && self.list.isSorted() && self.list.indexOf(3) == 2 && sets.contains([1, 2], [2]) && [1, [2]].flatten() == [1, 2] && [2, 2].distinct() == [2]")]
    [InlineData("'a1b22'.findAll('[0-9]+') == ['1', '22'] && 'a1'.find('[0-9]') == '1' && math.greatest(1, 3, 2) == 3 && math.least([3, 1]) == 1")]
    [InlineData("{'a': 1, 'b': 2}.exists(k, v, k == 'a' && v == 1) && [5, 6].transformList(i, v, i + v) == [5, 7] && cel.bind(x, 3, x + x) == 6")]
    [InlineData("format.dns1123Label().validate('a-b') == optional.none() && format.named('dns1123Label').value().validate('A').hasValue()")]
    [InlineData("self.none == null && r'\\d' == '\\\\d' && '''a'b''' == \"a'b\" && '\\u0041' == 'A' && 0x10 == 16 && 1e3 == 1000.0 && -9223372036854775808 < 0")]
    [InlineData("base64.encode(b'hello') == 'aGVsbG8=' && string(base64.decode('aGVsbG8=')) == 'hello' && strings.quote('a\"b') == '\"a\\\\\"b\"'")]
    public void True_expressions_are_true(string expression) => Assert.Equal(true, Evaluate(expression));

    [Theory]
    [InlineData("self.missing", "no such key: missing")]
    [InlineData("self.list[9]", "index out of bounds: 9")]
    [InlineData("1 / 0", "division by zero")]
    [InlineData("9223372036854775807 + 1", "integer overflow")]
    [InlineData("1 + 'a'", "no such overload")]
    [InlineData("self.list.all(a, self.list.all(b, self.list.all(c, lists.range(1000000).all(d, true))))", "operation cancelled: actual cost limit exceeded")]
    public void Failures_say_why(string expression, string message) => Assert.Equal(message, Assert.Throws<CelException>(() => Evaluate(expression)).Message);

    [Theory]
    [InlineData("... [}", "Syntax error")]
    [InlineData("1 +", "Syntax error")]
    [InlineData("foo == 1", "undeclared reference to 'foo' (in container '')")]
    [InlineData("self.bar()", "undeclared reference to 'bar' (in container '')")]
    [InlineData("'open", "Syntax error")]
    [InlineData("has(self)", "invalid argument to has() macro")]
    public void What_cannot_work_does_not_compile(string expression, string message) =>
        Assert.Contains(message, Assert.Throws<CelSyntaxException>(() => CelProgram.Compile(expression, ["self"])).Message);

    [Fact]
    public void Deep_nesting_is_refused() =>
        Assert.Throws<CelSyntaxException>(() => CelProgram.Compile(new string('(', 5000) + "1" + new string(')', 5000), ["self"]));

    private static object? Evaluate(string expression)
    {
        var scope = new CelScope(new CelBudget());
        scope.Set("self", CelJson.Of(JsonNode.Parse(Self)));
        return CelProgram.Compile(expression, ["self"]).Evaluate(scope);
    }
}
