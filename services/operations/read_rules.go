package operations

import (
	"errors"
	"fmt"
	"io"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// ReadRules reads rules in YAML: a list, of which the first that fits an exception counts and the last one fits everything.
//
//   - {classes: [HOLD_CREDIT], partners: [ACME], queue: key-accounts, due: 1h, severity: high}
//   - {queue: customer-service, due: 24h}
//
// A field that no rule has, and whatever Check finds wrong, is an error.
func ReadRules(from io.Reader) (Rules, error) {
	var written []struct {
		Classes     []domain.Class `yaml:"classes"`
		MinSeverity string         `yaml:"min_severity"`
		Partners    []string       `yaml:"partners"`
		Nodes       []string       `yaml:"nodes"`
		Queue       string         `yaml:"queue"`
		Due         time.Duration  `yaml:"due"`
		Severity    string         `yaml:"severity"`
	}
	decoder := yaml.NewDecoder(from)
	decoder.KnownFields(true)
	if err := decoder.Decode(&written); err != nil {
		return nil, fmt.Errorf("exception rules: %w", err)
	}
	severities := map[string]domain.Severity{
		"": 0, "low": domain.Low, "medium": domain.Medium, "high": domain.High, "critical": domain.Critical,
	}
	var rules Rules
	var wrong []error
	for i, one := range written {
		least, knownLeast := severities[one.MinSeverity]
		own, knownOwn := severities[one.Severity]
		if !knownLeast || !knownOwn {
			wrong = append(wrong, fmt.Errorf("rule %d: a severity is low, medium, high or critical", i+1))
		}
		rules = append(rules, domain.Rule{
			Classes: one.Classes, MinSeverity: least, Partners: one.Partners, Nodes: one.Nodes, Queue: one.Queue, Due: one.Due, Severity: own,
		})
	}
	return rules, errors.Join(append(wrong, rules.Check())...)
}
