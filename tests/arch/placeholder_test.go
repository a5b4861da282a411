package arch_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// CockroachDB before 21.1 types a placeholder by its cast only where it walks: not in FROM (subqueries and join conditions
// alike), not in a CTE, not in the arms of a UNION, not behind ON CONFLICT. A cast that stands only there makes the
// placeholder a text, and the driver cannot send an array or a number as one. A bare use beside a cast has the same effect.
// See cockroachdb/cockroach#42881 and #60907. So a cast placeholder stands in a walked place too, with the same cast.

// sqlToken matches what matters of a statement: placeholders with their casts, words, parentheses. Comments and
// quoted texts are gone by then.
var sqlToken = regexp.MustCompile(`(?:\$\d+|@\w+)(?:::\w+(?:\[\])?)?|[A-Za-z_]\w*|[()]`)

// use is one occurrence of a placeholder.
type use struct {
	name, cast string
	walked     bool
}

// untyped names the placeholders of a statement whose type an old CockroachDB gets wrong.
func untyped(sql string) []string {
	uses := map[string][]use{}
	reader := placeholderReader{tokens: sqlToken.FindAllString(sql, -1), found: func(u use) { uses[u.name] = append(uses[u.name], u) }}
	reader.level(true)
	var wrong []string
	for name, all := range uses {
		for _, one := range all {
			if one.cast == "" || one.cast == "text" || typedElsewhere(all, one.cast) {
				continue
			}
			wrong = append(wrong, fmt.Sprintf("%s::%s", name, one.cast))
		}
	}
	slices.Sort(wrong)
	return slices.Compact(wrong)
}

// typedElsewhere tells whether all uses that the server walks carry the cast, and whether there is one.
func typedElsewhere(all []use, cast string) bool {
	walked := false
	for _, one := range all {
		if one.walked && one.cast != cast {
			return false
		}
		walked = walked || one.walked
	}
	return walked
}

type placeholderReader struct {
	tokens []string
	found  func(use)
}

// level reads up to the closing parenthesis. The clause that is open decides whether the server walks what stands in it.
func (r *placeholderReader) level(walked bool) {
	walked = walked && !r.unionAhead()
	clause, previous := "", ""
	for len(r.tokens) > 0 {
		token := r.tokens[0]
		r.tokens = r.tokens[1:]
		here := walked && clause != "FROM" && clause != "WITH" && clause != "CONFLICT"
		switch word := strings.ToUpper(token); {
		case token == ")":
			return
		case token == "(":
			r.level(here)
		case token[0] == '$' || token[0] == '@':
			name, cast, _ := strings.Cut(token, "::")
			r.found(use{name: name, cast: strings.ToLower(cast), walked: here})
		case word == "CONFLICT" && previous == "ON":
			clause = "CONFLICT"
		case clause == "CONFLICT" && word != "RETURNING":
		case word == "FROM" && previous == "DISTINCT": // a comparison
		default:
			switch word {
			case "WITH", "SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "SET", "VALUES", "RETURNING", "INSERT", "UPDATE", "DELETE":
				clause = word
			}
		}
		previous = strings.ToUpper(token)
	}
}

// unionAhead tells whether a UNION or its like stands at this level.
func (r *placeholderReader) unionAhead() bool {
	depth := 0
	for _, token := range r.tokens {
		switch strings.ToUpper(token) {
		case "(":
			depth++
		case ")":
			if depth--; depth < 0 {
				return false
			}
		case "UNION", "EXCEPT", "INTERSECT":
			if depth == 0 {
				return true
			}
		}
	}
	return false
}

func TestPlaceholdersOfOldServers(t *testing.T) {
	tests := []struct {
		sql  string
		want []string
	}{
		{`INSERT INTO t (a) SELECT unnest($1::int8[]) ON CONFLICT (a) DO NOTHING`, nil},
		{`SELECT a FROM t WHERE a = ANY($1::int8[]) AND (b, c) IN (SELECT unnest($2::int8[]), unnest($3::uuid[]))`, nil},
		{`SELECT k.a FROM (SELECT unnest($1::int8[]) AS a) AS k`, []string{"$1::int8[]"}},
		{`SELECT k.a FROM (SELECT unnest($1::int8[]) AS a) AS k WHERE array_length($1::int8[], 1) > 0`, nil},
		{`SELECT a FROM t JOIN u ON u.a = $1::int8`, []string{"$1::int8"}},
		{`SELECT k.a FROM (SELECT unnest($1::int8[]) AS a) AS k WHERE k.a = ANY($1)`, []string{"$1::int8[]"}},
		{`SELECT k.a FROM (SELECT a FROM t WHERE a = ANY(@keys::text[])) AS k`, []string{"@keys::text[]"}},
		{`UPDATE t SET a = n.a FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@as::int8[]) AS a) AS n
			WHERE t.id = n.id AND t.id = ANY(@ids::uuid[])`, []string{"@as::int8[]"}},
		{`WITH w AS (SELECT $1::int8 AS a) SELECT a FROM w`, []string{"$1::int8"}},
		{`SELECT $1::int8 UNION ALL SELECT 2`, []string{"$1::int8"}},
		{`INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET b = $2::int8 WHERE t.c < $3::int8`, []string{"$2::int8", "$3::int8"}},
		{`SELECT a FROM t WHERE a IS DISTINCT FROM $1::int8`, nil},
		{`SELECT $1::text FROM t WHERE a = $1`, nil},
	}
	for _, test := range tests {
		if got := untyped(test.sql); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n%v, want %v", test.sql, got, test.want)
		}
	}
}
