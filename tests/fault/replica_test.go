package fault

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// restartPause is how soon a process that ended is started again, as by whatever runs it in earnest.
const restartPause = 100 * time.Millisecond

// counter is a number that several goroutines count.
type counter struct{ atomic.Int64 }

func (c *counter) add(n int64) { c.Add(n) }

// replica is one of the two processes of a role. It is started again whenever it ends, until the test does.
type replica struct {
	role   string
	number int
	binary string
	args   []string
	door   *door
	// rest is the door for REST and the address there, of a gateway.
	restDoor    *door
	restAddress string
	database    *link // nil: it has none
	bus         *link
	log         *os.File

	mu      sync.Mutex
	command *exec.Cmd
	held    bool // stays down until it is let go
	up      bool
	changed chan struct{}
	ended   bool
	stopped chan struct{}

	// surprises are ends that nobody asked for.
	surprises []string
	expected  bool
}

func (r *replica) name() string { return fmt.Sprintf("%s-%d", r.role, r.number) }

// run supervises the process from its start on.
func (r *replica) run(t *testing.T) {
	t.Helper()
	log, err := os.Create(filepath.Join(work, fmt.Sprintf("%s-%d.log", r.name(), time.Now().UnixNano())))
	if err != nil {
		t.Fatal(err)
	}
	r.log, r.changed, r.stopped = log, make(chan struct{}), make(chan struct{})
	go r.supervise()
	t.Cleanup(r.finish)
}

// finish ends it for good.
func (r *replica) finish() {
	r.mu.Lock()
	r.ended, r.held = true, false
	r.mark()
	r.mu.Unlock()
	r.signal(syscall.SIGCONT)
	r.signal(syscall.SIGKILL)
	<-r.stopped
	_ = r.log.Close()
}

// mark tells whoever waits that something changed. The lock is held.
func (r *replica) mark() {
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *replica) supervise() {
	defer close(r.stopped)
	for r.allowed() {
		err := r.once()
		r.door.lead(r.number, "")
		if r.restDoor != nil {
			r.restDoor.lead(r.number, "")
		}
		r.mu.Lock()
		if !r.expected && !r.ended {
			r.surprises = append(r.surprises, fmt.Sprint(err))
		}
		r.up, r.command, r.expected = false, nil, false
		r.mark()
		r.mu.Unlock()
		last(restartPause)
	}
}

// allowed waits until the process may run, and tells whether it ever may.
func (r *replica) allowed() bool {
	for {
		r.mu.Lock()
		held, ended, changed := r.held, r.ended, r.changed
		r.mu.Unlock()
		if ended || !held {
			return !ended
		}
		<-changed
	}
}

// once runs the process to its end.
func (r *replica) once() error {
	command := exec.Command(r.binary, r.args...)
	command.Dir = work
	output, err := command.StderrPipe()
	if err != nil {
		return err
	}
	r.mu.Lock()
	if err := command.Start(); err != nil {
		r.mu.Unlock()
		return err
	}
	r.command = command
	r.mu.Unlock()
	lines := bufio.NewReaderSize(io.TeeReader(output, r.log), 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		var said struct{ Msg, RPC string }
		if json.Unmarshal(line, &said) == nil && said.Msg == "serving" {
			r.serving(said.RPC)
		}
		if err != nil {
			break
		}
	}
	return command.Wait()
}

func (r *replica) serving(address string) {
	r.door.lead(r.number, address)
	if r.restDoor != nil {
		r.restDoor.lead(r.number, r.restAddress)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.up = true
	r.mark()
}

// signal sends the process a signal, if it runs.
func (r *replica) signal(how syscall.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.command == nil {
		return
	}
	if how != syscall.SIGCONT && how != syscall.SIGSTOP {
		r.expected = true
	}
	_ = r.command.Process.Signal(how) // it may be gone already
}

// kill ends the process as a power cut would, as far as a process can.
func (r *replica) kill() { r.signal(syscall.SIGKILL) }

// hold keeps the process from being started again; let lets it.
func (r *replica) hold(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = down
	r.mark()
}

// waitUp waits until it serves.
func (r *replica) waitUp(within time.Duration) error {
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		r.mu.Lock()
		up, changed := r.up, r.changed
		r.mu.Unlock()
		if up {
			return nil
		}
		select {
		case <-changed:
		case <-late.C:
			return fmt.Errorf("%s does not come up", r.name())
		}
	}
}
