//go:build unix

package postgres

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// reap is a shell that waits until this process is gone, ends the server at once and removes the folder. It outlives
// kill -9, a test's panic and its timeout.
const reap = `cat >/dev/null
kill -QUIT "$1" 2>/dev/null
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	kill -0 "$1" 2>/dev/null || break
	sleep 0.1
done
rm -rf "$2"`

// removeAfterUs ties the folder of a disposable server to the life of this process.
func (s *Server) removeAfterUs(ctx context.Context) error {
	read, write, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("tie the server to this process: %w", err)
	}
	defer read.Close()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", reap, "sh", strconv.Itoa(s.process.Pid), s.folder)
	cmd.Stdin = read
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		_ = write.Close()
		return fmt.Errorf("tie the server to this process: %w", err)
	}
	// Closed when this process ends, or by Stop.
	s.reaper, s.reaperPipe = cmd.Process, write
	return nil
}

// reapNow has the shell do its work while we are still here.
func (s *Server) reapNow() {
	if s.reaper == nil {
		return
	}
	_ = s.reaperPipe.Close()
	_, _ = s.reaper.Wait()
}
