package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var twoStored = regexp.MustCompile(`(?m)^\s+stored\s+2$`)

// TestImportMasterData imports items and their prices twice: what the contract's own rules refuse goes to the rejects as well
// as what the service refuses, the rest is stored, and the second time is like the first.
func TestImportMasterData(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	folder := t.TempDir()
	files := map[string]string{
		"items": "sku,description,kind,base_unit,gtin,units,substitute_skus\n" +
			"BOLT-8,a bolt,GOODS,EA,036000291452,CS=12,BOLT-9\nBOLT-9,another bolt,GOODS,EA,,CS=12,\n" +
			",nameless,GOODS,EA,,,\nNUT,a nut,GOODS,EA,036000291453,,\n",
		"prices": "price_list,sku,currency_code,unit_price,price_unit,min_quantity,valid_from\n" +
			"BASE,bolt-8,GBP,1.5,,,\nBASE,bolt-8,GBP,15,CS,12,2026-01-01\nBASE,NUT,GBP,1,,,\n",
	}
	rejected := map[string]string{
		"items":  "row,field,reason,message\n3,sku,STRING_MIN_LEN,",
		"prices": "row,field,reason,message\n3,sku,UNKNOWN_ITEM,there is no such item\n",
	}
	for range 2 {
		for _, kind := range []string{"items", "prices"} {
			file, rejects := filepath.Join(folder, kind+".csv"), filepath.Join(folder, kind+".rejects.csv")
			if err := os.WriteFile(file, []byte(files[kind]), 0o600); err != nil {
				t.Fatal(err)
			}
			output, err := run(t, 3*time.Minute, "import", kind, file, "--data-dir", filepath.Join(folder, "data"), "--rejects", rejects)
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			text, err := os.ReadFile(rejects)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(text), rejected[kind]) {
				t.Errorf("rejects of %s:\n%s", kind, text)
			}
			if !twoStored.MatchString(output) {
				t.Errorf("the report of %s:\n%s", kind, output)
			}
			if kind == "items" && !strings.Contains(string(text), "GTIN_INVALID") {
				t.Errorf("rejects of items:\n%s", text)
			}
		}
	}
	if output, err := run(t, 3*time.Minute, "check", "--data-dir", filepath.Join(folder, "data")); err != nil {
		t.Errorf("check: %v\n%s", err, output)
	}
}
