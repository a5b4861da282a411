// Package drill puts a Waybill through bad hours over its public API, and counts what came of every order: what the partner was
// told, what Waybill has, and what the ERP has as the ERP itself counts. Times are printed and never judged: the machine is shared.
package drill

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
)

const (
	// startTime is how long a Waybill may take to come up, stopTime how long to go.
	startTime = 3 * time.Minute
	stopTime  = time.Minute
)

// system is a Waybill in a process of its own: this binary, as `waybill up` runs it.
type system struct {
	*access.Access
	process *exec.Cmd
	metrics string // its address
	logFile string
	exited  chan error
}

// start starts one on free ports, with its data in the folder, and returns when it answers.
func start(ctx context.Context, folder string, connections int, flags ...string) (*system, error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, err
	}
	const free = "127.0.0.1:0"
	args := append([]string{
		"up", "--log-level", "warn", "--data-dir", folder, "--listen", free, "--rest-listen", free, "--operations-listen", free, "--health-listen", free,
	}, flags...)
	// It is stopped in good order, and after the drill's context has ended.
	s := &system{process: exec.CommandContext(context.WithoutCancel(ctx), binary, args...), exited: make(chan error, 1), logFile: filepath.Join(folder, "waybill.log")}
	log, err := os.Create(s.logFile)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has its own
	s.process.Stderr = log
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	told := make(chan map[string]string, 1)
	go func() {
		told <- addresses(stdout)
		_, _ = io.Copy(io.Discard, stdout) // a full pipe would stop it
		s.exited <- s.process.Wait()
	}()
	select {
	case at := <-told:
		s.metrics = at["Metrics"]
		if s.Access, err = access.Open(strings.TrimSuffix(at["REST"], "/v1/orders"), at["gRPC"], connections); err != nil {
			return nil, errors.Join(err, s.stop())
		}
		if s.metrics == "" {
			return nil, errors.Join(fmt.Errorf("it did not come up; see %s", s.logFile), s.stop())
		}
		return s, nil
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), s.stop())
	case <-time.After(startTime):
		return nil, errors.Join(errors.New("it did not come up in time"), s.stop())
	}
}

// addresses reads what up prints about where it is reached, until it has printed all or ends.
func addresses(out io.Reader) map[string]string {
	at := map[string]string{}
	lines := bufio.NewScanner(out)
	for at["Metrics"] == "" && lines.Scan() {
		if name, address, ok := strings.Cut(lines.Text(), " "); ok {
			at[name] = strings.TrimSpace(address)
		}
	}
	return at
}

// stop ends it and waits. That it has ended by itself is an error.
func (s *system) stop() error {
	if s.Access != nil {
		s.Close()
	}
	select {
	case err := <-s.exited:
		return fmt.Errorf("waybill ended by itself: %w; see %s", err, s.logFile)
	default:
	}
	if err := s.process.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	select {
	case err := <-s.exited:
		if _, ended := errors.AsType[*exec.ExitError](err); ended {
			return nil // it was told to
		}
		return err
	case <-time.After(stopTime):
		return errors.Join(errors.New("waybill does not stop"), s.process.Process.Kill())
	}
}

// resident is how many bytes of memory the process has, database apart; 0 where the platform does not tell.
func (s *system) resident(ctx context.Context) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.metrics, http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "process_resident_memory_bytes "); ok {
			bytes, err := strconv.ParseFloat(value, 64)
			return int64(bytes), err
		}
	}
	return 0, lines.Err()
}
