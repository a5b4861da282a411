//go:build unix

package postgres

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

func signalFast(pid int) error { return ignoreGone(syscall.Kill(pid, syscall.SIGINT)) }

func signalImmediate(pid int) error { return ignoreGone(syscall.Kill(pid, syscall.SIGQUIT)) }

func ignoreGone(err error) error {
	if err == syscall.ESRCH { //nolint:errorlint // a plain errno
		return nil
	}
	return err
}

// servesCluster reports whether the process is a server on this cluster, by its command line: a process id alone may
// long belong to somebody else.
func servesCluster(ctx context.Context, pid int, cluster string) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err == nil {
		return slices.ContainsFunc(bytes.Split(line, []byte{0}), func(arg []byte) bool { return string(arg) == cluster })
	}
	if _, err := os.Stat("/proc/self/cmdline"); err == nil {
		return false // there is a /proc, and the process is not in it
	}
	output, err := exec.CommandContext(ctx, "ps", "-ww", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(output), cluster)
}
