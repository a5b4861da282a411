package fault

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2/toxics"
)

// work is a folder for what this test process builds and writes; it goes with the process unless a test failed.
var work string

func TestMain(m *testing.M) {
	if folder := os.Getenv(brokerFolderEnv); folder != "" {
		os.Exit(runBroker(folder, os.Getenv(brokerPortEnv)))
	}
	var err error
	if work, err = os.MkdirTemp("", "waybill-fault-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	toxics.Register("commit", &commitToxic{})
	code := m.Run()
	if code == 0 {
		_ = os.RemoveAll(work)
	} else {
		fmt.Fprintf(os.Stderr, "the processes' logs are in %s\n", work)
	}
	os.Exit(code)
}

// whole is the binary as it is.
var whole = sync.OnceValues(func() (string, error) { return build("waybill") })

// binary is the binary as it is, built once.
func binary(t *testing.T) string {
	t.Helper()
	path, err := whole()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func build(name string, flags ...string) (string, error) {
	path := filepath.Join(work, name)
	args := append([]string{"build", "-o", path}, flags...)
	if output, err := exec.Command("go", append(args, "../../cmd/waybill")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, output)
	}
	return path, nil
}

// edit is a change of the code: in File the text Good, which stands there once, becomes Bad.
type edit struct{ file, good, bad string }

// planted is the binary with a defect. The files of the checkout stay as they are.
func planted(t *testing.T, name string, defect []edit) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	folder, replaced := t.TempDir(), map[string]string{}
	write := func(file string, text []byte) string {
		path := filepath.Join(folder, file)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, one := range defect {
		path := filepath.Join(root, one.file)
		from := path
		if changed, ok := replaced[path]; ok {
			from = changed
		}
		source, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(source), one.good); n != 1 {
			t.Fatalf("%s has %q %d times: the defect does not fit the code any more", one.file, one.good, n)
		}
		text := strings.Replace(string(source), one.good, one.bad, 1)
		replaced[path] = write(strings.ReplaceAll(one.file, "/", "_"), []byte(text))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	built, err := build(name, "-overlay", write("overlay.json", overlay))
	if err != nil {
		t.Fatal(err)
	}
	return built
}

const (
	seedEnv   = "WAYBILL_TEST_FAULT_SEED"
	faultsEnv = "WAYBILL_TEST_FAULTS"
	// plantedEnv is that of tests/planted.
	plantedEnv = "WAYBILL_TEST_PLANTED"
)

// number is an environment variable's value, or otherwise where it is not set.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

var quiet = slog.New(slog.DiscardHandler)

// last is how long a fault lasts. Nobody waits for anything by it.
func last(d time.Duration) { <-time.After(d) }

// terminated waits for the word to stop.
func terminated() <-chan os.Signal {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	return signals
}
