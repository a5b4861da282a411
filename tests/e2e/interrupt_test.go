package e2e

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A demo that is interrupted in the middle of its day says so in words, and ends as an interrupted command does.
func TestInterruptedDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	onTestServer(t)
	const free = "127.0.0.1:0"
	command := exec.Command(binary, "demo", "--orders", "100000", "--listen", free, "--rest-listen", free, "--health-listen", free)
	output := &lockedBuffer{}
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- command.Wait() }()
	// The line about opening stock is the last before the orders.
	eventually(t, 2*time.Minute, "orders are submitted", func() bool { return strings.Contains(output.String(), "opening stock") })
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-exited:
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 130 {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(2 * time.Minute):
		_ = command.Process.Kill()
		t.Fatalf("it does not stop\n%s", output)
	}
	said := output.String()
	if last := said[strings.LastIndex(strings.TrimSpace(said), "\n")+1:]; !strings.HasPrefix(last, "waybill: stopped before its end: interrupt") {
		t.Errorf("its last words are %q", last)
	}
}
