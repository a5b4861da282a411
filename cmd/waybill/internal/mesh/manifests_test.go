package mesh

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A role that does not know where one is that it calls does not start.
func TestManifestsSayWhereTheOthersAre(t *testing.T) {
	for _, role := range table() {
		file := filepath.Join("../../../../k8s/base/config", role.name+".env")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		lines := strings.Split(string(text), "\n")
		for _, peer := range slices.Concat(role.calls, role.asks) {
			want := "WAYBILL_" + strings.ToUpper(underscored(peer)) + "_ADDRESS=" + peer + ":7443"
			if !slices.Contains(lines, want) {
				t.Errorf("%s lacks %s", filepath.Base(file), want)
			}
		}
	}
}
