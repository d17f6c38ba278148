namespace Kobune.Api.Tests;

using Kobune.Api.Meta.V1;

public sealed class SelectorTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["app"] = "web", ["tier"] = "front", ["n"] = "5" };

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web,tier!=back", true)]
    [InlineData("app in (web, api)", true)]
    [InlineData("app notin (web)", false)]
    [InlineData("none notin (x)", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("!none", true)]
    [InlineData("n>4", true)]
    [InlineData("n<4", false)]
    [InlineData("app=", false)]
    [InlineData("none!=x", true)]
    [InlineData(" app = web , tier in (front) ", true)]
    public void LabelSyntaxMatches(string selector, bool expected) => Assert.Equal(expected, LabelSelectors.Parse(selector).Matches(Labels));

    [Theory]
    [InlineData("app=web,", "found '', expected: identifier after ','")]
    [InlineData("=x", "found '=', expected: !, identifier, or 'end of string'")]
    [InlineData("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt")]
    [InlineData("a in b", "unable to parse requirement: found 'b' expected: '('")]
    [InlineData("a in (b", "unable to parse requirement: found '', expected: ',' or ')'")]
    public void BadSyntaxIsExplained(string selector, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => LabelSelectors.Parse(selector)).Message);

    [Fact]
    public void ObjectsAndNull()
    {
        Assert.False(LabelSelectors.From(null).Matches(Labels));
        Assert.True(LabelSelectors.From(new LabelSelector()).Matches(Labels));
        var selector = new LabelSelector
        {
            MatchLabels = { ["app"] = "web" },
            MatchExpressions = [new() { Key = "tier", Operator = "In", Values = ["front", "back"] }],
        };
        Assert.True(LabelSelectors.From(selector).Matches(Labels));
        Assert.Equal("app=web,tier in (back,front)", LabelSelectors.Format(selector));
    }

    [Fact]
    public void FieldSelectors()
    {
        var selector = FieldSelector.Parse("metadata.name=a,status.phase!=Running,x==1\\,2");
        Assert.Equal(3, selector.Terms.Count);
        Assert.Equal("a", selector.RequiredValue("metadata.name"));
        Assert.True(selector.Matches(f => f switch { "metadata.name" => "a", "x" => "1,2", _ => "Pending" }));
        Assert.Equal("invalid selector: 'foo'; can't understand 'foo'", Assert.Throws<FormatException>(() => FieldSelector.Parse("foo")).Message);
    }
}
