//go:build unix

package postgres

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func waitDone(t *testing.T, server *Server) {
	t.Helper()
	select {
	case <-server.Done():
	case <-time.After(patience):
		t.Fatal("the end of the server goes unnoticed")
	}
}

func TestKilledServerRecovers(t *testing.T) {
	folder := t.TempDir()
	server := start(t, Config{DataDir: folder})
	ask(t, server.URL(), makeThing)
	ask(t, server.URL(), addThing)
	kill(t, server.process.Pid)
	waitDone(t, server)
	stop(t, server)
	if got := ask(t, start(t, Config{DataDir: folder}).URL(), readThings); got != "kept" {
		t.Errorf("read %q after kill -9 of the server, want kept", got)
	}
}

// The server is killed while a child of it is frozen, which thus cannot notice: nobody may touch the data before it has
// ended.
func TestStartWaitsForChildrenOfAKilledServer(t *testing.T) {
	folder := t.TempDir()
	server := start(t, Config{DataDir: folder})
	ask(t, server.URL(), makeThing)
	ask(t, server.URL(), addThing)
	writer := childPid(t, server, "walwriter")
	if err := syscall.Kill(writer, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	kill(t, server.process.Pid)
	waitDone(t, server)
	stop(t, server)

	log := &waitingLog{seen: make(chan struct{})}
	go func() {
		select {
		case <-log.seen: // the start has met the child
		case <-time.After(patience):
		}
		_ = syscall.Kill(writer, syscall.SIGCONT)
	}()
	again := start(t, Config{DataDir: folder, Log: slog.New(slog.NewTextHandler(log, nil))})
	if got := ask(t, again.URL(), readThings); got != "kept" {
		t.Errorf("read %q, want kept", got)
	}
	select {
	case <-log.seen:
	default:
		t.Error("the start did not wait")
	}
}

// waitingLog notices when a start waits for what is left of a server.
type waitingLog struct{ seen chan struct{} }

func (l *waitingLog) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("waiting for what is left")) {
		select {
		case <-l.seen:
		default:
			close(l.seen)
		}
	}
	return len(line), nil
}

func childPid(t *testing.T, server *Server, kind string) int {
	t.Helper()
	var pid int
	text := ask(t, server.URL(), "SELECT pid::text FROM pg_stat_activity WHERE backend_type = '"+kind+"'")
	if _, err := fmt.Sscan(text, &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestKilledParentLeavesNothingInTheWay(t *testing.T) {
	folder := t.TempDir()
	cmd, _, url := startChild(t, folder)
	ask(t, url, makeThing)
	ask(t, url, addThing)
	kill(t, cmd.Process.Pid)
	_ = cmd.Wait()
	if got := ask(t, start(t, Config{DataDir: folder}).URL(), readThings); got != "kept" {
		t.Errorf("read %q after kill -9 of the process, want kept", got)
	}
}

// Where the kernel does not end the server with its parent, it goes on; here as a process that never had such a parent.
func TestServerLeftRunningIsStopped(t *testing.T) {
	folder := t.TempDir()
	first := start(t, Config{DataDir: folder})
	ask(t, first.URL(), makeThing)
	ask(t, first.URL(), addThing)
	args := append([]string{"-D", filepath.Join(folder, clusterFolder)}, first.endpoint.args()...)
	program, user := first.binaries.program("postgres"), ownerOf(t, folder, first.BinDir())
	stop(t, first)
	at, err := prepareEndpoint(t.Context(), folder, user)
	if err != nil {
		t.Fatal(err)
	}
	orphan := user.command(context.WithoutCancel(t.Context()), program, args...)
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = orphan.Wait()
		close(ended)
	}()
	eventually(t, "the orphan answers", func() bool { return at.ping(t.Context()) == nil })

	server := start(t, Config{DataDir: folder})
	select {
	case <-ended:
	default:
		t.Error("the orphan runs beside the new server")
	}
	if got := ask(t, server.URL(), readThings); got != "kept" {
		t.Errorf("read %q, want kept", got)
	}
}

func ownerOf(t *testing.T, folder, programs string) account {
	t.Helper()
	user, err := chooseAccount(folder, filepath.Join(folder, clusterFolder), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if user, err = user.reach(folder, programs); err != nil {
		t.Fatal(err)
	}
	return user
}

// After a restart of the machine or of a container the number in the left-over file may belong to anybody.
func TestLeftoverFileWithTheNumberOfAnotherProcess(t *testing.T) {
	folder := t.TempDir()
	server := start(t, Config{DataDir: folder})
	file := filepath.Join(folder, clusterFolder, pidFile)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	stop(t, server)
	user := ownerOf(t, folder, server.BinDir())
	bystander := user.command(context.WithoutCancel(t.Context()), "/bin/sleep", "600")
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bystander.Process.Kill(); err != nil {
			t.Errorf("the bystander was harmed: %v", err)
		}
		_ = bystander.Wait()
	})
	_, rest, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(file, fmt.Appendf(nil, "%d\n%s", bystander.Process.Pid, rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("chown", "--reference", filepath.Dir(file), file).Run(); err != nil {
		t.Fatal(err)
	}
	start(t, Config{DataDir: folder})
}

func TestFolderBelowOneThatIsClosed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server as somebody who could be shut out")
	}
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(closed, "data")
	server, err := Start(t.Context(), Config{DataDir: folder, Disposable: true})
	if err != nil {
		if canReachAnywhere() || !strings.Contains(err.Error(), closed) {
			t.Fatalf("error %v, want a server, or the folder that is in the way", err)
		}
		return
	}
	t.Cleanup(func() { stop(t, server) })
	ask(t, server.URL(), makeThing)
	info, err := os.Stat(closed)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the closed folder is now %v, %v", info.Mode(), err)
	}
}
