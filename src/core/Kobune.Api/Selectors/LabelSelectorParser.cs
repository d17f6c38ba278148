namespace Kobune.Api;

/// <summary>Recursive descent over the query syntax of label selectors; errors as the reference words them.</summary>
internal sealed class LabelSelectorParser(string text)
{
    private int _at;
    private string _token = "";
    private bool _isIdentifier;


    internal List<LabelRequirement> Parse()
    {
        var list = new List<LabelRequirement>();
        Advance();
        while (true)
        {
            if (!_isIdentifier && _token is not ("!" or ""))
            {
                throw new FormatException($"found '{_token}', expected: !, identifier, or 'end of string'");
            }

            if (_token.Length == 0 && !_isIdentifier)
            {
                return list;
            }

            list.Add(Requirement());
            if (_token.Length == 0 && !_isIdentifier)
            {
                return list;
            }

            if (_token != ",")
            {
                throw new FormatException($"found '{_token}', expected: ',' or 'end of string'");
            }

            Advance();
            if (!_isIdentifier && _token != "!")
            {
                throw new FormatException($"found '{_token}', expected: identifier after ','");
            }
        }
    }

    private LabelRequirement Requirement()
    {
        try
        {
            return ParseRequirement();
        }
        catch (FormatException e)
        {
            throw new FormatException("unable to parse requirement: " + e.Message);
        }
    }

    private LabelRequirement ParseRequirement()
    {
        var negated = _token == "!" && !_isIdentifier;
        if (negated)
        {
            Advance();
        }

        if (!_isIdentifier)
        {
            throw new FormatException($"found '{_token}', expected: identifier");
        }

        var key = _token;
        Advance();
        if (LabelSyntax.KeyError(key) is { } wrong)
        {
            throw new FormatException($"<nil>: {FieldError.Invalid("", key, wrong).Body}");
        }

        if (negated || (!_isIdentifier && _token is "" or ","))
        {
            return LabelSyntax.Checked(key, negated ? LabelOperator.DoesNotExist : LabelOperator.Exists, []);
        }

        var op = Operator();
        Advance();
        if (op is LabelOperator.In or LabelOperator.NotIn)
        {
            return LabelSyntax.Checked(key, op, Values());
        }

        // "a=" and "a=,b" compare with the empty string.
        var value = _isIdentifier ? _token : "";
        if (_isIdentifier)
        {
            Advance();
        }
        else if (_token is not ("" or ","))
        {
            throw new FormatException($"found '{_token}', expected: identifier");
        }

        return LabelSyntax.Checked(key, op, [value]);
    }

    private LabelOperator Operator() => _token switch
    {
        "=" or "==" => LabelOperator.Equal,
        "!=" => LabelOperator.NotEqual,
        "in" => LabelOperator.In,
        "notin" => LabelOperator.NotIn,
        ">" => LabelOperator.GreaterThan,
        "<" => LabelOperator.LessThan,
        _ => throw new FormatException($"found '{_token}', expected: in, notin, =, ==, !=, gt, lt"),
    };

    private List<string> Values()
    {
        if (_token != "(")
        {
            throw new FormatException($"found '{_token}' expected: '('");
        }

        var set = new List<string>();
        Advance();
        while (true)
        {
            set.Add(_isIdentifier ? _token : "");
            if (_isIdentifier)
            {
                Advance();
            }

            if (_token == ")")
            {
                Advance();
                return [.. set.Distinct()];
            }

            if (_token != ",")
            {
                throw new FormatException($"found '{_token}', expected: ',' or ')'");
            }

            Advance();
        }
    }

    private void Advance()
    {
        while (_at < text.Length && text[_at] is ' ' or '\t' or '\r' or '\n')
        {
            _at++;
        }

        var start = _at;
        if (_at < text.Length && IsSymbol(text[_at]))
        {
            _at++;
            if (_at < text.Length && text[_at] == '=' && text[start] is '=' or '!')
            {
                _at++;
            }

            _isIdentifier = false;
            _token = text[start.._at];
            return;
        }

        while (_at < text.Length && !IsSymbol(text[_at]) && text[_at] is not (' ' or '\t' or '\r' or '\n'))
        {
            _at++;
        }

        _token = text[start.._at];
        _isIdentifier = _token.Length > 0;
    }

    private static bool IsSymbol(char c) => c is '=' or '!' or '(' or ')' or ',' or '>' or '<';
}
