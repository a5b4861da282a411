package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	namedTest = regexp.MustCompile("`([a-z0-9/_]+) (Test\\w+)`")
	notBuilt  = regexp.MustCompile(`not built yet: \S`)
)

// The page of edge cases names a test in each row, or says what is missing, and each test that it names exists.
func TestEdgeCasesHaveTheirTests(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "edge-cases.md"))
	if err != nil {
		t.Fatal(err)
	}
	const leastRows = 33
	rows := edgeCases(string(page))
	if len(rows) < leastRows {
		t.Errorf("%d rows, want at least %d: is the page read right?", len(rows), leastRows)
	}
	tests := map[string]map[string]bool{}
	for _, row := range rows {
		named := namedTest.FindAllStringSubmatch(row, -1)
		if len(named) == 0 && !notBuilt.MatchString(row) {
			t.Errorf("a row names neither a test nor what is missing: %s", row)
		}
		for _, one := range named {
			folder, name := one[1], one[2]
			if tests[folder] == nil {
				tests[folder] = testsIn(t, filepath.Join("..", "..", filepath.FromSlash(folder)))
			}
			if !tests[folder][name] {
				t.Errorf("%s has no %s: %s", folder, name, row)
			}
		}
	}
}

// edgeCases are the rows of the tables of a page, without their heads.
func edgeCases(page string) []string {
	var rows []string
	head := true
	for line := range strings.Lines(page) {
		switch {
		case !strings.HasPrefix(line, "|"):
			head = true
		case strings.HasPrefix(line, "|---"):
			head = false
		case !head:
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	return rows
}

// testsIn are the test functions of a package.
func testsIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range parsed.Decls {
			if function, ok := declared.(*ast.FuncDecl); ok && function.Recv == nil {
				tests[function.Name.Name] = true
			}
		}
	}
	return tests
}

func TestEdgeCasesAreRows(t *testing.T) {
	rows := edgeCases("text\n| case | tests |\n|---|---|\n| a | `p TestA` |\n| b | |\n\n| head |\n|---|\n| c |\n")
	want := []string{"| a | `p TestA` |", "| b | |", "| c |"}
	if strings.Join(rows, "\n") != strings.Join(want, "\n") {
		t.Errorf("rows %q, want %q", rows, want)
	}
}
