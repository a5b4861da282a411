package operations

import (
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

func TestReadRules(t *testing.T) {
	rules, err := ReadRules(strings.NewReader("- {classes: [HOLD_CREDIT], partners: [ACME], queue: key, due: 1h, severity: high}\n- {queue: rest, due: 24h}\n"))
	if err != nil || len(rules) != 2 || rules[0].Severity != domain.High || rules[0].Due != time.Hour || rules[1].Queue != "rest" {
		t.Errorf("%+v, %v", rules, err)
	}
	for _, text := range []string{"- {queue: rest, due: 24h, quque: x}", "- {queue: rest, due: 24h, severity: bad}", "[]", "- {queue: rest}", "x: y"} {
		if _, err := ReadRules(strings.NewReader(text)); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}
