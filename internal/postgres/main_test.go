package postgres

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// childEnv makes this test program run a server on the folder it names until its input ends, so that it can be
	// killed like any other process.
	childEnv      = "WAYBILL_POSTGRES_TEST_CHILD"
	disposableEnv = "WAYBILL_POSTGRES_TEST_DISPOSABLE"
	patience      = 60 * time.Second
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(childEnv); folder != "" {
		os.Exit(child(folder))
	}
	os.Exit(m.Run())
}

func child(folder string) int {
	server, err := Start(context.Background(), Config{DataDir: folder, Disposable: os.Getenv(disposableEnv) != ""})
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println(server.process.Pid, server.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// startChild runs a server in a process of its own, and gives that process, the server's process id and its URL.
func startChild(t *testing.T, folder string, env ...string) (cmd *exec.Cmd, pid int, url string) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childEnv+"="+folder), env...)
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = input.Close() })
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if _, scanErr := fmt.Sscan(line, &pid, &url); err != nil || scanErr != nil {
		t.Fatalf("the process with the server said %q: %v", line, err)
	}
	return cmd, pid, url
}

func start(t *testing.T, config Config) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	server, err := Start(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	if err := server.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// ask runs one statement on the server and gives the value that it returns, if any.
func ask(t *testing.T, url, sql string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, strings.Replace(url, "/waybill?", "/postgres?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.Join(values, ",")
}

// eventually waits for a condition that no signal tells of.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("never came true: %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func gone(path string) bool {
	_, err := os.Lstat(path)
	return os.IsNotExist(err)
}
