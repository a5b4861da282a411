package k8s_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The binary knows every command, role and setting that the manifests give it. A misspelt variable would otherwise be
// passed over without a word, and the default used.
func TestTheBinaryKnowsItsSettings(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "waybill")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/waybill")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	found := render(t, dev)
	for _, w := range found.workloads() {
		for _, container := range w.pod.Spec.Containers {
			if !strings.HasPrefix(container.Image, "waybill:") {
				continue
			}
			help := helpOf(t, binary, container.Args[0])
			for _, role := range container.Args[1:] {
				if !slices.Contains(help, role) {
					t.Errorf("%s: waybill %s knows no %q", w.name, container.Args[0], role)
				}
			}
			values, _ := found.settings(container)
			for name := range values {
				if strings.HasPrefix(name, "WAYBILL_") && !slices.Contains(help, name) {
					t.Errorf("%s: waybill %s has no setting %s", w.name, container.Args[0], name)
				}
			}
		}
	}
	if slices.Contains(helpOf(t, binary, "serve"), "WAYBILL_NO_SUCH_SETTING") {
		t.Error("the help has every word: nothing was checked")
	}
}

// helpOf returns the words of what the binary says of one of its commands.
func helpOf(t *testing.T, binary, command string) []string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), binary, command, "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("waybill %s --help: %v\n%s", command, err, output)
	}
	return strings.FieldsFunc(string(output), func(r rune) bool { return strings.ContainsRune(" \n\t,.:;()[]$=\"", r) })
}
