package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRunReplacesTheFolderByTheFilesAndTheirImports(t *testing.T) {
	out := filepath.Join(t.TempDir(), "deps")
	stale := filepath.Join(out, "stale.proto")
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(stale, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(out, roots()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"buf/validate/validate.proto",
		"google/api/annotations.proto",
		"google/api/http.proto", // imported by annotations.proto only
	} {
		if _, err := os.Stat(filepath.Join(out, want)); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Errorf("a file of an earlier run is still there (%v)", err)
	}
	if _, err := os.Stat(filepath.Join(out, "google/protobuf")); !os.IsNotExist(err) {
		t.Errorf("google/protobuf was written, which every compiler brings itself (%v)", err)
	}
	siblings, err := os.ReadDir(filepath.Dir(out))
	if err != nil || len(siblings) != 1 {
		t.Errorf("beside the folder stands %v (%v), want nothing", siblings, err)
	}
}
