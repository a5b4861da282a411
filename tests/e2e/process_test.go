package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/databasetest"
)

// binary is built once for all tests.
var binary string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "waybill-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(folder, "waybill")
	build := exec.Command("go", "build", "-o", binary, "../../cmd/waybill")
	if output, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, output)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// onTestServer gives the test's commands a database server of their own where WAYBILL_TEST_DATABASE_URL names one, instead of
// the embedded one. Their databases go at the end of the test.
func onTestServer(t *testing.T) {
	t.Helper()
	if os.Getenv(databasetest.URLEnv) != "" {
		t.Setenv("WAYBILL_DATABASE_URL", databasetest.BaseURL(t))
	}
}

// run runs a command to its end and returns what it printed.
func run(t *testing.T, within time.Duration, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	command := exec.CommandContext(ctx, binary, args...)
	command.Dir = t.TempDir()
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 30 * time.Second
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	return output.String(), err
}

// system is a running `waybill up`.
type system struct {
	command *exec.Cmd
	rest    string
	rpc     string
	output  *lockedBuffer
	exited  chan error
}

type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

var (
	restLine = regexp.MustCompile(`REST\s+(http://[0-9.:]+)/`)
	rpcLine  = regexp.MustCompile(`gRPC\s+([0-9.:]+)`)
)

// up starts everything on the folder and returns when it answers.
func up(t *testing.T, folder string, args ...string) *system {
	t.Helper()
	const free = "127.0.0.1:0"
	args = append([]string{"up", "--data-dir", folder, "--listen", free, "--rest-listen", free, "--health-listen", free}, args...)
	s := &system{command: exec.Command(binary, args...), output: &lockedBuffer{}, exited: make(chan error, 1)}
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.command.Stderr = s.output
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(io.TeeReader(stdout, s.output))
		for lines.Scan() {
			if found := restLine.FindStringSubmatch(lines.Text()); found != nil {
				s.rest = found[1]
			}
			if found := rpcLine.FindStringSubmatch(lines.Text()); found != nil {
				s.rpc = found[1]
				close(ready)
			}
		}
		s.exited <- s.command.Wait()
	}()
	t.Cleanup(func() { s.kill() })
	select {
	case <-ready:
	case err := <-s.exited:
		t.Fatalf("up ended: %v\n%s", err, s.output)
	case <-time.After(2 * time.Minute):
		t.Fatalf("up did not come up\n%s", s.output)
	}
	return s
}

// kill ends it as a power cut would, as far as a process can.
func (s *system) kill() {
	_ = s.command.Process.Kill() // it may be gone already
	<-s.exited
	s.exited <- nil
}

// stop asks it to end and waits.
func (s *system) stop(t *testing.T) {
	t.Helper()
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.exited:
		s.exited <- nil
		if err != nil {
			t.Fatalf("stop: %v\n%s", err, s.output)
		}
	case <-time.After(time.Minute):
		t.Fatalf("it does not stop\n%s", s.output)
	}
}

// reply is an answer of the REST API.
type reply struct {
	status int
	body   map[string]any
	text   string
}

func (r reply) reason() string {
	reason, _ := r.body["reason"].(string)
	return reason
}

// paths are the fields that a problem names.
func (r reply) paths() []string {
	var paths []string
	list, _ := r.body["errors"].([]any)
	for _, one := range list {
		if entry, ok := one.(map[string]any); ok {
			paths = append(paths, fmt.Sprint(entry["path"]))
		}
	}
	return paths
}

func (s *system) call(t *testing.T, method, path, body string, headers ...string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.rest+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := reply{status: response.StatusCode, text: string(text)}
	if err := json.Unmarshal(text, &got.body); err != nil {
		t.Fatalf("%s %s: not JSON: %.300s", method, path, text)
	}
	return got
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, within time.Duration, what string, ask func() bool) {
	t.Helper()
	end := time.Now().Add(within)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !ask() {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", within, what)
		}
		<-ticker.C
	}
}
