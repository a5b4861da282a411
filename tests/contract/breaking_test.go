package contract_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each change is made on a copy of the contract and held against the contract as it is.
func TestBufRefusesWhatBreaksPartners(t *testing.T) {
	t.Parallel()
	buf := bufBinary(t)
	submit := "waybill/order/v1/order_service.proto"
	for name, change := range map[string]struct {
		file, from, to string
		refused        string // a part of buf's message; empty: buf accepts the change
	}{
		"nothing":                {submit, "", "", ""},
		"a comment":              {submit, "// Submits an order.", "// Submits one order.", ""},
		"a further field":        {submit, "message SubmitOrderRequest {", "message SubmitOrderRequest {\n  // New.\n  string new_field = 900;", ""},
		"a field is gone":        {submit, "  string external_order_id = ", "  reserved \"gone\"; // = ", "external_order_id"},
		"a field is renamed":     {submit, " external_order_id = ", " order_number = ", "external_order_id"},
		"a field's type changes": {"waybill/common/v1/money.proto", "int64 minor_units", "int32 minor_units", "minor_units"},
		"a field's number moves": {"waybill/common/v1/money.proto", "minor_units = 2", "minor_units = 3", "minor_units"},
		"an RPC is renamed":      {submit, "rpc SubmitOrder(", "rpc PlaceOrder(", "SubmitOrder"},
		"an enum value is gone":  {"waybill/inventory/v1/inventory_events.proto", "RESERVATION_CAUSE_STOCK_ARRIVED = 2", "RESERVATION_CAUSE_OTHER = 3", "ReservationCause"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := contractCopy(t)
			if output, err := runBuf(t, buf, dir, "build", "proto", "-o", "released.binpb"); err != nil {
				t.Fatalf("the contract does not compile: %v\n%s", err, output)
			}
			edit(t, filepath.Join(dir, "proto", change.file), change.from, change.to)
			output, err := runBuf(t, buf, dir, "breaking", "proto", "--against", "released.binpb")
			switch {
			case change.refused == "" && err != nil:
				t.Errorf("a harmless change is refused: %v\n%s", err, output)
			case change.refused != "" && (err == nil || !strings.Contains(output, change.refused)):
				t.Errorf("got %v and %q, want a refusal that names %s", err, output, change.refused)
			}
		})
	}
}

// Comments in protos are the partners' manual: an element without one does not pass.
func TestBufRefusesWhatNobodyExplains(t *testing.T) {
	t.Parallel()
	buf := bufBinary(t)
	dir := contractCopy(t)
	if output, err := runBuf(t, buf, dir, "lint", "proto"); err != nil {
		t.Fatalf("the contract itself: %v\n%s", err, output)
	}
	edit(t, filepath.Join(dir, "proto/waybill/common/v1/money.proto"), "message Money {", "message Money {\n  string bare_field = 900;")
	if output, err := runBuf(t, buf, dir, "lint", "proto"); err == nil || !strings.Contains(output, "bare_field") {
		t.Errorf("got %v and %q, want a refusal that names bare_field", err, output)
	}
}

// bufBinary returns buf. Compiling it takes minutes, so only CI does (.ci/run).
func bufBinary(t *testing.T) string {
	t.Helper()
	buf := os.Getenv("WAYBILL_TEST_BUF")
	if buf == "" {
		t.Skip("needs buf: set WAYBILL_TEST_BUF to its binary, built by go build -modfile=tools.mod github.com/bufbuild/buf/cmd/buf")
	}
	return buf
}

// contractCopy returns a folder with all that buf reads: the protos, the third-party ones and the configuration.
func contractCopy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "proto"), os.DirFS(filepath.Join(root, "proto"))); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(root, "buf.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "buf.yaml"), config, 0o644); err != nil {
		t.Fatal(err)
	}
	deps := exec.CommandContext(t.Context(), "go", "run", "./internal/protodeps", "-out", filepath.Join(dir, ".protodeps"))
	deps.Dir = root
	if output, err := deps.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return dir
}

func runBuf(t *testing.T, buf, dir string, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), buf, args...)
	command.Dir = dir
	output, err := command.CombinedOutput()
	return string(output), err
}

// edit replaces the first occurrence of a text, which must be there.
func edit(t *testing.T, path, from, to string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), from) {
		t.Fatalf("%s has no %q: adapt this test to the contract", path, from)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), from, to, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}
