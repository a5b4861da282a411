package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// TestSampleOrders imports the real rows of a shop, 209,029 of them with their credit notes and write-offs, twice. Invoices
// less credit memos are what the rows come to, for every customer and to the cent, and every invariant holds.
func TestSampleOrders(t *testing.T) {
	onTestServer(t)
	folder := os.Getenv("WAYBILL_SAMPLE_DATA")
	if folder == "" {
		t.Skip("WAYBILL_SAMPLE_DATA does not name the folder of the sample data")
	}
	file := filepath.Join(folder, "orders", "online_retail_2010-12-01_2011-05-31.csv.gz")
	data := filepath.Join(t.TempDir(), "data")
	rejects := filepath.Join(t.TempDir(), "rejects.csv")
	for i, before := range []string{"0", "8455"} {
		output, err := run(t, 15*time.Minute, "import", "orders", file, "--data-dir", data, "--rejects", rejects)
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		t.Logf("import %d:\n%s", i+1, output)
		for _, want := range []string{
			`rows +209029\n`, `accepted +209029\n +refused +0\n`, `before +` + before + `\n`, `sender now +8455\n`,
			`credit notes in the file +1677\n +refused +0\n`, `write-offs in the file +651\n +refused +0\n`,
			`units written off +69068\n`, `on credit memos +357898\.95 GBP`, `not a cent is missing`,
		} {
			if !regexp.MustCompile(want).MatchString(output) {
				t.Errorf("import %d says nothing of %q", i+1, want)
			}
		}
	}
	if output, err := run(t, 5*time.Minute, "check", "--data-dir", data); err != nil {
		t.Errorf("check: %v\n%s", err, output)
	}
	s := up(t, data)
	sameLedger(t, file, s)
	s.stop(t)
}
