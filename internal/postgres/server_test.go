package postgres

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/internal/fault"
)

const (
	makeThing  = "CREATE TABLE thing (name TEXT)"
	addThing   = "INSERT INTO thing VALUES ('kept')"
	readThings = "SELECT name FROM thing"
)

func TestDataStaysAcrossStarts(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made", "on", "the", "way")
	server := start(t, Config{DataDir: folder})
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on", "TimeZone": "UTC",
		"server_encoding": "UTF8", "listen_addresses": "", "wal_level": "minimal",
	} {
		if got := ask(t, server.URL(), "SELECT current_setting('"+setting+"')"); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if got := ask(t, server.URL(), "SHOW server_version"); !strings.HasPrefix(got, server.Version()) {
		t.Errorf("Version() = %s, the server says %s", server.Version(), got)
	}
	ask(t, server.URL(), makeThing)
	ask(t, server.URL(), addThing)
	stop(t, server)
	select {
	case <-server.Done():
	default:
		t.Error("Done is open after Stop")
	}
	if got := ask(t, start(t, Config{DataDir: folder}).URL(), readThings); got != "kept" {
		t.Errorf("read %q after a restart, want kept", got)
	}
}

func TestSecondStartOnTheSameFolderIsRefused(t *testing.T) {
	folder := t.TempDir()
	server := start(t, Config{DataDir: folder, Disposable: true})
	_, err := Start(t.Context(), Config{DataDir: folder})
	if fault.ReasonOf(err) != "DATA_FOLDER_IN_USE" || !strings.Contains(err.Error(), folder) {
		t.Errorf("error %v, want DATA_FOLDER_IN_USE with the folder", err)
	}
	if got := ask(t, server.URL(), "SELECT 'alive'"); got != "alive" {
		t.Error("the first server was disturbed")
	}
}

func TestSecondProcessOnTheSameFolderIsRefused(t *testing.T) {
	folder := t.TempDir()
	cmd, _, _ := startChild(t, folder)
	_, err := Start(t.Context(), Config{DataDir: folder})
	if fault.ReasonOf(err) != "DATA_FOLDER_IN_USE" || !strings.Contains(err.Error(), "by process ") {
		t.Errorf("error %v, want DATA_FOLDER_IN_USE with the process", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	start(t, Config{DataDir: folder}) // takes over from the dead one
}

func TestSettingsOfTheCallerWin(t *testing.T) {
	server := start(t, Config{DataDir: t.TempDir(), Disposable: true, Settings: map[string]string{"work_mem": "3MB"}})
	if got := ask(t, server.URL(), "SHOW work_mem"); got != "3MB" {
		t.Errorf("work_mem = %s, want 3MB", got)
	}
	if got := ask(t, server.URL(), "SHOW fsync"); got != "off" {
		t.Errorf("fsync = %s for a disposable server, want off", got)
	}
}

// A socket's path has room for about a hundred bytes.
func TestDeepFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), strings.Repeat("deep", 15), strings.Repeat("deeper", 10))
	server := start(t, Config{DataDir: folder})
	if got := ask(t, server.URL(), "SELECT 'alive'"); got != "alive" {
		t.Error("no answer")
	}
	short := server.endpoint.host
	stop(t, server)
	if !gone(short) {
		t.Errorf("the folder %s outlives the server", short)
	}
}

func TestFolderOfSomethingElseIsLeftAlone(t *testing.T) {
	folder := t.TempDir()
	precious := filepath.Join(folder, clusterFolder, "thesis.txt")
	if err := os.MkdirAll(filepath.Dir(precious), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(precious, []byte("years of work"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Config{DataDir: folder}); err == nil {
		t.Error("started over somebody's files")
	}
	if gone(precious) {
		t.Error("the file is gone")
	}
}

func TestDisposableServerVanishes(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "server")
	server := start(t, Config{DataDir: folder, Disposable: true})
	stop(t, server)
	if !gone(folder) {
		t.Error("the folder outlives Stop")
	}

	cmd, _, _ := startChild(t, folder, disposableEnv+"=1")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	eventually(t, "the folder vanishes with the process", func() bool { return gone(folder) })
}
