package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestDemo runs the README's first command on a smaller day.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	onTestServer(t)
	output, err := run(t, 5*time.Minute, "demo", "--exit", "--orders", "400",
		"--listen", "127.0.0.1:0", "--rest-listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, want := range []string{"Orders by status", "served by several places", "availability, commit to seen", "Invariants", "2000 items, 60 customers and 2100 prices flowed in from the ERP"} {
		if !strings.Contains(output, want) {
			t.Errorf("the report says nothing of %q:\n%s", want, output)
		}
	}
}
