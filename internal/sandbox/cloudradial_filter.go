package sandbox

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Types of OData values, by the names that the error texts use.
const (
	edmString  = "Edm.String"
	edmInt     = "Edm.Int32"
	edmBoolean = "Edm.Boolean"
	edmDate    = "Edm.DateTimeOffset"
	edmNull    = "Edm.Null"
)

// expression is a part of a $filter that has been checked: its type is one of the above, its value depends on the row.
// Null is nil; the others are string, int64, bool and time.Time.
type expression struct {
	edm   string
	value func(row) any
}

// parseFilter reads a $filter over rows of the type. Its errors are what the API says in a 400.
func parseFilter(entity *entityType, text string) (func(row) bool, error) {
	tokens, err := scanFilter(text)
	if err != nil {
		return nil, err
	}
	p := &filterParser{entity: entity, tokens: tokens}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.peek() != "" {
		return nil, badQuery("Syntax error at %q in %q.", p.peek(), text)
	}
	if root.edm != edmBoolean {
		return nil, badQuery("The $filter expression must evaluate to a single boolean value.")
	}
	return func(r row) bool { return root.value(r) == true }, nil
}

var filterToken = regexp.MustCompile(`^(?:'(?:[^']|'')*'|\d{4}-\d{2}-\d{2}T[0-9:.]+(?:Z|[+-]\d{2}:\d{2})|-?\d+|[A-Za-z_][A-Za-z0-9_]*|[(),])`)

func scanFilter(text string) ([]string, error) {
	var tokens []string
	for rest := strings.TrimLeft(text, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		token := filterToken.FindString(rest)
		if token == "" {
			return nil, badQuery("Syntax error at position %d in %q.", len(text)-len(rest), text)
		}
		tokens = append(tokens, token)
		rest = rest[len(token):]
	}
	return tokens, nil
}

// filterParser is a recursive descent over the tokens, one method per level of precedence.
type filterParser struct {
	entity *entityType
	tokens []string
	depth  int
}

func (p *filterParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

// next takes the next token, "" at the end.
func (p *filterParser) next() string {
	token := p.peek()
	if token != "" {
		p.tokens = p.tokens[1:]
	}
	return token
}

// accept takes the next token if it is the wanted one.
func (p *filterParser) accept(token string) bool {
	if p.peek() != token {
		return false
	}
	p.next()
	return true
}

func (p *filterParser) expect(token string) error {
	if got := p.next(); got != token {
		return badQuery("%q expected, %q found in the filter.", token, got)
	}
	return nil
}

func (p *filterParser) or() (expression, error) {
	return p.logical("or", true, p.and)
}

func (p *filterParser) and() (expression, error) {
	return p.logical("and", false, p.not)
}

// logical parses a chain of one operator. Its decisive value on one side settles the result, also when the other side is null.
func (p *filterParser) logical(operator string, decisive bool, operand func() (expression, error)) (expression, error) {
	left, err := operand()
	if err != nil {
		return left, err
	}
	for p.accept(operator) {
		right, err := operand()
		if err != nil {
			return right, err
		}
		if left.edm != edmBoolean || right.edm != edmBoolean {
			return left, incompatible(left.edm, right.edm, operator)
		}
		a, b := left.value, right.value
		left = expression{edmBoolean, func(r row) any { return settle(decisive, a(r), b(r)) }}
	}
	return left, nil
}

func settle(decisive bool, left, right any) any {
	switch {
	case left == decisive || right == decisive:
		return decisive
	case left == nil || right == nil:
		return nil
	}
	return !decisive
}

func (p *filterParser) not() (expression, error) {
	if !p.accept("not") {
		return p.comparison()
	}
	inner, err := p.nested(p.not)
	if err != nil {
		return inner, err
	}
	if inner.edm != edmBoolean {
		return inner, badQuery("A unary operator with an incompatible type was detected. Found operand type '%s' for operator kind 'Not'.", inner.edm)
	}
	return expression{edmBoolean, func(r row) any {
		value, known := inner.value(r).(bool)
		if !known {
			return nil // null stays null
		}
		return !value
	}}, nil
}

// nested limits the depth, as the OData library does.
func (p *filterParser) nested(parse func() (expression, error)) (expression, error) {
	if p.depth++; p.depth > 100 {
		return expression{}, badQuery("The node count limit of '100' has been exceeded.")
	}
	defer func() { p.depth-- }()
	return parse()
}

func (p *filterParser) comparison() (expression, error) {
	left, err := p.operand()
	if err != nil {
		return left, err
	}
	operator := p.peek()
	holds, known := comparisons[operator]
	if !known {
		return left, nil
	}
	p.next()
	right, err := p.operand()
	if err != nil {
		return right, err
	}
	if left.edm != right.edm && left.edm != edmNull && right.edm != edmNull {
		return left, incompatible(left.edm, right.edm, operator)
	}
	return expression{edmBoolean, func(r row) any { return compareWith(operator, holds, left.value(r), right.value(r)) }}, nil
}

var comparisons = map[string]func(order int) bool{
	"eq": func(order int) bool { return order == 0 },
	"ne": func(order int) bool { return order != 0 },
	"gt": func(order int) bool { return order > 0 },
	"ge": func(order int) bool { return order >= 0 },
	"lt": func(order int) bool { return order < 0 },
	"le": func(order int) bool { return order <= 0 },
}

// compareWith follows OData: null equals null only, and is neither less nor greater than anything.
func compareWith(operator string, holds func(int) bool, left, right any) bool {
	if left != nil && right != nil {
		return holds(compareValues(left, right))
	}
	both := left == nil && right == nil
	switch operator {
	case "eq":
		return both
	case "ne":
		return !both
	}
	return false
}

// compareValues orders two values of one type; null comes first, as in $orderby.
func compareValues(left, right any) int {
	if left == nil || right == nil {
		return boolOrder(left != nil) - boolOrder(right != nil)
	}
	switch l := left.(type) {
	case string:
		return strings.Compare(l, right.(string))
	case int64:
		r := right.(int64)
		return boolOrder(l > r) - boolOrder(l < r)
	case bool:
		return boolOrder(l) - boolOrder(right.(bool))
	case time.Time:
		return l.Compare(right.(time.Time))
	}
	panic(fmt.Sprintf("sandbox: %T is no OData value", left))
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

func incompatible(left, right, operator string) error {
	return badQuery("A binary operator with incompatible types was detected. Found operand types '%s' and '%s' for operator kind '%s'.", left, right, operator)
}

// operand is a parenthesis, a function call, a literal or a property.
func (p *filterParser) operand() (expression, error) {
	token := p.next()
	switch {
	case token == "":
		return expression{}, badQuery("Expression expected at the end of the filter.")
	case token == "(":
		inner, err := p.nested(p.or)
		if err != nil {
			return inner, err
		}
		return inner, p.expect(")")
	case token[0] == '\'':
		return literal(edmString, strings.ReplaceAll(token[1:len(token)-1], "''", "'")), nil
	case token == "null":
		return literal(edmNull, nil), nil
	case token == "true" || token == "false":
		return literal(edmBoolean, token == "true"), nil
	case strings.ContainsAny(token[:1], "-0123456789"):
		return number(token)
	case p.peek() == "(":
		return p.call(token)
	}
	return p.entity.expression(token)
}

func literal(edm string, value any) expression {
	return expression{edm, func(row) any { return value }}
}

// number reads an integer or a date.
func number(token string) (expression, error) {
	if n, err := strconv.ParseInt(token, 10, 64); err == nil {
		return literal(edmInt, n), nil
	}
	at, err := time.Parse(time.RFC3339, token)
	if err != nil {
		return expression{}, badQuery("Unrecognized literal '%s' in the filter.", token)
	}
	return literal(edmDate, at), nil
}

var filterFunctions = map[string]struct {
	arguments int
	edm       string
	apply     func(arguments []string) any
}{
	"contains":   {2, edmBoolean, func(a []string) any { return strings.Contains(a[0], a[1]) }},
	"startswith": {2, edmBoolean, func(a []string) any { return strings.HasPrefix(a[0], a[1]) }},
	"endswith":   {2, edmBoolean, func(a []string) any { return strings.HasSuffix(a[0], a[1]) }},
	"tolower":    {1, edmString, func(a []string) any { return strings.ToLower(a[0]) }},
	"toupper":    {1, edmString, func(a []string) any { return strings.ToUpper(a[0]) }},
}

func (p *filterParser) call(name string) (expression, error) {
	function, known := filterFunctions[name]
	if !known {
		return expression{}, badQuery("An unknown function with name '%s' was found.", name)
	}
	p.next() // the parenthesis
	var arguments []expression
	for i := range function.arguments {
		if i > 0 {
			if err := p.expect(","); err != nil {
				return expression{}, err
			}
		}
		argument, err := p.nested(p.or)
		if err != nil {
			return argument, err
		}
		if argument.edm != edmString && argument.edm != edmNull {
			return argument, badQuery("No function signature for the function with name '%s' matches the specified arguments.", name)
		}
		arguments = append(arguments, argument)
	}
	return expression{function.edm, func(r row) any {
		values := make([]string, len(arguments))
		for i, argument := range arguments {
			value, isString := argument.value(r).(string)
			if !isString {
				return nil // a function of null is null
			}
			values[i] = value
		}
		return function.apply(values)
	}}, p.expect(")")
}
