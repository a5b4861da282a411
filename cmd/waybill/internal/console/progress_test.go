package console

import (
	"bytes"
	"strings"
	"testing"
)

// What broke off must not say that all of it was done.
func TestFinishSaysWhatWasDone(t *testing.T) {
	var out bytes.Buffer
	p := &Progress{out: &out}
	p.Start("orders", 2000)
	p.Add(3)
	p.Add(4)
	p.Finish()
	if got := out.String(); !strings.HasPrefix(got, "orders") || !strings.Contains(got, " 7 in") {
		t.Errorf("%q", got)
	}
}
