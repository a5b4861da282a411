package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSampleOrders imports the real order lines, 209,029 of them, twice, and checks every invariant.
func TestSampleOrders(t *testing.T) {
	onTestServer(t)
	folder := os.Getenv("WAYBILL_SAMPLE_DATA")
	if folder == "" {
		t.Skip("WAYBILL_SAMPLE_DATA does not name the folder of the sample data")
	}
	file := filepath.Join(folder, "orders", "online_retail_2010-12-01_2011-05-31.csv.gz")
	data := filepath.Join(t.TempDir(), "data")
	rejects := filepath.Join(t.TempDir(), "rejects.csv")
	for i, wantBefore := range []int{0, 8455} {
		output, err := run(t, 15*time.Minute, "import", "orders", file, "--data-dir", data, "--rejects", rejects)
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		t.Logf("import %d:\n%s", i+1, output)
		for _, want := range []string{"209029", "204595", "4434", "3783", "651", "not a cent is missing", fmt.Sprint(wantBefore)} {
			if !strings.Contains(output, want) {
				t.Errorf("import %d says nothing of %q", i+1, want)
			}
		}
	}
	if output, err := run(t, 5*time.Minute, "check", "--data-dir", data); err != nil {
		t.Errorf("check: %v\n%s", err, output)
	}
}
