package fault

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/bus"
)

// The test binary serves as the event bus when it is started with these.
const (
	brokerFolderEnv = "WAYBILL_FAULT_BROKER_FOLDER"
	brokerPortEnv   = "WAYBILL_FAULT_BROKER_PORT"
)

// runBroker is the embedded NATS of `waybill up` in a process of its own, until it is told to stop.
func runBroker(folder, portText string) int {
	port, err := strconv.Atoi(portText)
	if err == nil {
		stop := terminated()
		var broker *bus.Embedded
		if broker, err = bus.StartEmbedded(folder, slog.Default(), bus.Port(port)); err == nil {
			<-stop
			broker.Stop()
			return 0
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// broker is the event bus as a process that can be killed.
type broker struct {
	t            *testing.T
	folder, port string
	log          *os.File

	busy    sync.Mutex // one fault at a time
	mu      sync.Mutex
	command *exec.Cmd
}

func newBroker(t *testing.T, log *os.File) *broker {
	t.Helper()
	b := &broker{t: t, folder: t.TempDir(), port: strconv.Itoa(freePort(t)), log: log}
	if err := b.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.end(os.Kill) })
	return b
}

func (b *broker) address() string { return "127.0.0.1:" + b.port }

func (b *broker) start() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b.command = exec.Command(self)
	b.command.Env = append(os.Environ(), brokerFolderEnv+"="+b.folder, brokerPortEnv+"="+b.port)
	b.command.Stderr = b.log
	return b.command.Start()
}

// end stops it by the signal and waits until it is gone.
func (b *broker) end(how os.Signal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.command.Process.Signal(how) // it may be gone already
	_ = b.command.Wait()
}

// restart is a JetStream that goes away, in good order or not, and comes back a little later.
func (b *broker) restart(kill bool, away time.Duration) error {
	b.busy.Lock()
	defer b.busy.Unlock()
	how := os.Signal(syscall.SIGTERM)
	if kill {
		how = os.Kill
	}
	b.end(how)
	last(away)
	return b.start()
}
