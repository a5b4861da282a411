package planted

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// defect breaks one rule: in File the text Good, which stands there once, becomes Bad. Test of Package finds it.
type defect struct {
	Rule          string
	File          string
	Good, Bad     string
	Package, Test string
	// Draws is how many random histories the test draws, where it draws any. Default: manyDraws, for some defects show in
	// one history of a hundred only.
	Draws int
}

const manyDraws = 2000

func TestPlantedDefectsAreFound(t *testing.T) {
	if os.Getenv("WAYBILL_TEST_PLANTED") == "" {
		t.Skip("WAYBILL_TEST_PLANTED is not set: each defect compiles a package anew")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, planted := range defects {
		t.Run(planted.Rule, func(t *testing.T) {
			output, err := run(t, root, planted)
			switch {
			case err == nil:
				t.Fatalf("%s passes with the defect in %s:\n%s", planted.Test, planted.File, planted.Bad)
			case !strings.Contains(output, "--- FAIL: "+planted.Test):
				t.Fatalf("%s did not fail, something else did: %v\n%s", planted.Test, err, output)
			}
		})
	}
}

// Without a defect the same tests pass: else the failures above would show nothing.
func TestNothingPlantedNothingFound(t *testing.T) {
	if os.Getenv("WAYBILL_TEST_PLANTED") == "" {
		t.Skip("WAYBILL_TEST_PLANTED is not set")
	}
	seen := map[string]bool{}
	for _, planted := range defects {
		name := planted.Package + " " + planted.Test
		if seen[name] {
			continue
		}
		seen[name] = true
		t.Run(planted.Rule, func(t *testing.T) {
			if output, err := goTest(t, "../..", planted); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
		})
	}
}

// run tests the package with the defect laid over it: the files of the checkout stay as they are.
func run(t *testing.T, root string, planted defect) (output string, err error) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, planted.File))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), planted.Good); n != 1 {
		t.Fatalf("%s has %q %d times: the defect does not fit the code any more", planted.File, planted.Good, n)
	}
	folder := t.TempDir()
	changed := filepath.Join(folder, "changed.go")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(source), planted.Good, planted.Bad, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, planted.File): changed}})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	return goTest(t, root, planted, "-overlay", list)
}

func goTest(t *testing.T, root string, planted defect, flags ...string) (output string, err error) {
	t.Helper()
	args := append([]string{"test", "-count=1", "-vet=off", "-timeout=5m", "-run", "^" + planted.Test + "$"}, flags...)
	// One seed: what was found once is found always.
	args = append(args, "./"+planted.Package, "-rapid.seed=1", "-rapid.checks="+strconv.Itoa(cmp.Or(planted.Draws, manyDraws)))
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = root
	text, err := command.CombinedOutput()
	return string(text), err
}
