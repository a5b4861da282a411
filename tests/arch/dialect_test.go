package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// outside are the constructs that the one dialect (docs/decisions/0001) leaves out: PostgreSQL 15 or CockroachDB 20.1 does
// not know them, or means something else by them.
var outside = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"locks that skip or refuse", words(`SKIP\s+LOCKED|NOWAIT`)},
	{"a conflict by constraint name", words(`ON\s+CONSTRAINT`)},
	{"DELETE … USING", words(`DELETE\s+FROM\s+\w+(\s+AS\s+\w+)?\s+USING`)},
	{"a statement of PostgreSQL alone", regexp.MustCompile(`(?i)^\s*(MERGE|COPY|LOCK|DO|LISTEN|NOTIFY|TRUNCATE|VACUUM)\b`)},
	{"MATERIALIZED", words(`MATERIALIZED`)},
	{"a kind of object that one server has not", words(`CREATE\s+(OR\s+REPLACE\s+)?(TRIGGER|FUNCTION|PROCEDURE|TYPE|DOMAIN|SCHEMA|SEQUENCE|EXTENSION|VIEW)`)},
	{"a sequence", words(`nextval|currval|setval|(SMALL|BIG)?SERIAL[248]?|IDENTITY`)},
	{"a generated column", words(`GENERATED`)},
	{"a temporary or unlogged table", words(`TEMP|TEMPORARY|UNLOGGED`)},
	{"a deferrable constraint", words(`DEFERRABLE|INITIALLY`)},
	{"a function or column of PostgreSQL's own", words(`pg_(advisory|try_advisory|backend|terminate|cancel|stat|notify)\w*|txid_current|xmax|xmin|ctid`)},
	{"a partial index", words(`CREATE\s+(UNIQUE\s+)?INDEX\b[^;]*\sWHERE`)},
	{"an index on an expression, or of another method", regexp.MustCompile(`(?i)\bCREATE\s+(UNIQUE\s+)?INDEX\b[^;]*(\([^)]*\(|\sUSING\s)`)},
	{"an index built concurrently", words(`CONCURRENTLY`)},
	{"a storage parameter", regexp.MustCompile(`(?i)\)\s*WITH\s*\(`)},
	{"a type whose size differs, or that one server has not", words(`INT|INT2|INT4|INTEGER|SMALLINT|BIGINT|REAL|FLOAT[48]?|DOUBLE|MONEY|JSON`)},
	{"an array of JSONB", regexp.MustCompile(`(?i)\bJSONB\s*\[\]`)},
	{"several arrays in one unnest", regexp.MustCompile(`(?i)\bunnest\s*\([^()]*\]\s*,`)},
	{"a function that CockroachDB 20.1 has not", words(`cardinality|array_fill|jsonb_path_\w+|num_nonnulls|string_to_table|jsonb_to_recordset`)},
	{"COLLATE", words(`COLLATE`)},
	{"a savepoint", words(`SAVEPOINT`)},
	{"a setting", words(`set_config|current_setting`)},
}

func words(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?i)\b(?:` + pattern + `)\b`) }

// onlyPostgres are places whose SQL never meets a CockroachDB.
var onlyPostgres = []string{"internal/postgres/", "internal/databasetest/", "internal/database/commit_unknown_test.go", "tests/arch/", "cmd/waybill/internal/bench/"}

var (
	beginsStatement = regexp.MustCompile(`^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER|DROP|TRUNCATE|MERGE|LOCK|COPY)\s`)
	noise           = regexp.MustCompile(`'(?:[^']|'')*'|--[^\n]*|(?i:\sWITH\s*\(\s*fillfactor\s*=\s*\d+\s*\))`)
)

// statement is one SQL statement, freed of comments and quoted texts.
type statement struct{ where, text string }

func TestSQLStaysInTheDialect(t *testing.T) {
	all := statements(t)
	if len(all) < 200 {
		t.Fatalf("only %d statements found: the search is broken", len(all))
	}
	for _, one := range all {
		if found := breaches(one.text); len(found) > 0 {
			t.Errorf("%s: outside of the dialect: %s\n%s", one.where, strings.Join(found, "; "), strings.TrimSpace(one.text))
		}
		if found := untyped(one.text); len(found) > 0 {
			t.Errorf("%s: %s cast only where CockroachDB before 21.1 does not look: name it in WHERE too, with the same cast\n%s",
				one.where, strings.Join(found, ", "), strings.TrimSpace(one.text))
		}
	}
}

func breaches(sql string) []string {
	var found []string
	for _, rule := range outside {
		if hit := rule.pattern.FindString(sql); hit != "" {
			found = append(found, rule.what+" ("+strings.Join(strings.Fields(hit), " ")+")")
		}
	}
	return found
}

func TestBreachesAreFound(t *testing.T) {
	for _, sql := range []string{
		`SELECT a FROM t FOR UPDATE SKIP LOCKED`, `INSERT INTO t (a) VALUES (1) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING`,
		`DELETE FROM t USING u WHERE t.a = u.a`, `CREATE INDEX i ON t (a) WHERE b`, `CREATE INDEX i ON t (lower(a))`,
		`CREATE TABLE t (a INT)`, `CREATE TABLE t (a SERIAL)`, `CREATE TABLE t (a INT8) WITH (autovacuum_enabled = false)`,
		`SELECT a FROM unnest($1::text[], $2::text[]) AS a`, `SELECT pg_advisory_lock(1)`, `SELECT unnest($1::jsonb[])`,
		`LOCK TABLE t`, `CREATE TYPE e AS ENUM ()`, `CREATE TEMP TABLE t (a INT8)`,
	} {
		if len(breaches(sql)) == 0 {
			t.Errorf("accepted: %s", sql)
		}
	}
	for _, sql := range []string{
		`CREATE TABLE IF NOT EXISTS t (a INT8 NOT NULL, b JSONB, c TEXT[], PRIMARY KEY (a), CHECK (a >= 0))`,
		`CREATE INDEX IF NOT EXISTS i ON t (a, b)`, `SELECT unnest($1::text[]), unnest($2::int8[])`,
		`SELECT a FROM t WHERE a = ANY($1::int8[]) ORDER BY a LIMIT $2 FOR UPDATE`,
	} {
		if found := breaches(sql); len(found) != 0 {
			t.Errorf("refused: %s: %v", sql, found)
		}
	}
}

// statements are those of all .sql files and of all Go texts that begin like one.
func statements(t *testing.T) []statement {
	t.Helper()
	var found []statement
	add := func(where, text string) {
		found = append(found, statement{where: where, text: noise.ReplaceAllString(text, " ")})
	}
	for _, folder := range []string{"cmd", "internal", "services", "tests"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() || slices.ContainsFunc(onlyPostgres, func(part string) bool { return strings.HasPrefix(inTree(path), part) }) {
				return err
			}
			source, err := os.ReadFile(path)
			switch {
			case err != nil:
				return err
			case strings.HasSuffix(path, ".sql"):
				for text := range strings.SplitSeq(lineComment.ReplaceAllString(string(source), ""), ";") {
					add(inTree(path), text)
				}
			case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".sql.go"):
				return sqlInGo(path, source, add)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func inTree(path string) string { return filepath.ToSlash(strings.TrimPrefix(path, root+"/")) }

var lineComment = regexp.MustCompile(`--[^\n]*`)

// sqlInGo finds the statements among the texts of a file. Constants of the package that are joined in are put in.
func sqlInGo(path string, source []byte, add func(where, text string)) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	constants, err := textConstants(filepath.Dir(path))
	if err != nil {
		return err
	}
	ast.Inspect(file, func(node ast.Node) bool {
		expression, ok := node.(ast.Expr)
		if !ok {
			return true
		}
		text, ok := joined(expression, constants)
		if ok && beginsStatement.MatchString(text) {
			add(inTree(path)+":"+strconv.Itoa(files.Position(node.Pos()).Line), text)
		}
		return !ok
	})
	return nil
}

// joined is the text of a literal, or of literals and constants with + between them.
func joined(expression ast.Expr, constants map[string]ast.Expr) (string, bool) {
	switch e := expression.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, e.Kind == token.STRING && err == nil
	case *ast.BinaryExpr:
		left, ok := joined(e.X, constants)
		if e.Op != token.ADD || !ok {
			return "", false
		}
		right := " unknown "
		if name, isName := e.Y.(*ast.Ident); isName && constants[name.Name] != nil {
			right, _ = joined(constants[name.Name], constants)
		} else if text, isText := joined(e.Y, constants); isText {
			right = text
		}
		return left + right, true
	default:
		return "", false
	}
}

// textConstants are the constants of a folder's files by name.
func textConstants(folder string) (map[string]ast.Expr, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	constants := map[string]ast.Expr{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, declaration := range file.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				value := spec.(*ast.ValueSpec)
				for i := range min(len(value.Names), len(value.Values)) {
					constants[value.Names[i].Name] = value.Values[i]
				}
			}
		}
	}
	return constants, nil
}
