package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metricsql"
	"gopkg.in/yaml.v3"
)

const (
	rulesFile   = "../../k8s/observability/rules.yaml"
	dashboards  = "../../k8s/observability/dashboards/*.json"
	runbookFile = "../../docs/runbooks/observability.md"
	runbookPath = "docs/runbooks/observability.md#"
)

// series are the metrics of a running system: names with the labels that they have.
type series map[string]map[string]bool

var sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? [^ ]+$`)
var labelName = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*"`)

// readSeries reads what /metrics says.
func readSeries(text string) series {
	found := series{}
	for line := range strings.SplitSeq(text, "\n") {
		sample := sampleLine.FindStringSubmatch(line)
		if sample == nil {
			continue
		}
		found.add(sample[1])
		for _, label := range labelName.FindAllStringSubmatch(sample[2], -1) {
			found[sample[1]][label[1]] = true
		}
	}
	return found
}

// add adds a metric with the labels that a scrape adds, and others.
func (s series) add(name string, labels ...string) {
	if s[name] == nil {
		s[name] = map[string]bool{"job": true, "instance": true}
	}
	for _, label := range labels {
		s[name][label] = true
	}
}

// signal is an expression with the place where it stands.
type signal struct{ where, expr string }

// rule is a line of a rule file.
type rule struct {
	Record, Alert, Expr, For string
	Labels, Annotations      map[string]string
}

func readRules(t *testing.T) []rule {
	t.Helper()
	text, err := os.ReadFile(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string
			Rules []rule
		}
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// signals are all expressions of rules and dashboards.
func signals(t *testing.T) []signal {
	t.Helper()
	var all []signal
	for _, one := range readRules(t) {
		all = append(all, signal{"rule " + one.Record + one.Alert, one.Expr})
	}
	files, err := filepath.Glob(dashboards)
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var board struct {
			Panels []struct {
				Title, Type string
				Targets     []struct{ Expr string }
			}
		}
		if err := json.Unmarshal(text, &board); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, panel := range board.Panels {
			if panel.Type != "row" && len(panel.Targets) == 0 {
				t.Errorf("%s: panel %q shows nothing", file, panel.Title)
			}
			for _, target := range panel.Targets {
				expr := strings.ReplaceAll(target.Expr, "$__rate_interval", "5m")
				all = append(all, signal{filepath.Base(file) + " panel " + panel.Title, expr})
			}
		}
	}
	return all
}

// problems are the expressions that ask for what is not there.
func (s series) problems(t *testing.T) []error {
	t.Helper()
	for _, one := range readRules(t) {
		if one.Record != "" {
			s.add(one.Record, "service", "method", "objective")
		}
	}
	var all []error
	for _, one := range signals(t) {
		if err := s.check(one.expr); err != nil {
			all = append(all, fmt.Errorf("%s: %w", one.where, err))
		}
	}
	return all
}

// check reports metrics that do not exist, and labels that none of the expression's metrics has.
func (s series) check(expr string) error {
	parsed, err := metricsql.Parse(expr)
	if err != nil {
		return err
	}
	labels := map[string]bool{}
	var wrong []error
	var asked []string
	metricsql.VisitAll(parsed, func(part metricsql.Expr) {
		switch e := part.(type) {
		case *metricsql.MetricExpr:
			name, filters := split(e)
			if s[name] == nil {
				wrong = append(wrong, fmt.Errorf("there is no metric %q", name))
				return
			}
			for label := range s[name] {
				labels[label] = true
			}
			for _, filter := range filters {
				if !s[name][filter] {
					wrong = append(wrong, fmt.Errorf("%s has no label %s", name, filter))
				}
			}
		case *metricsql.AggrFuncExpr:
			asked = append(asked, e.Modifier.Args...)
		case *metricsql.BinaryOpExpr:
			asked = append(append(asked, e.GroupModifier.Args...), e.JoinModifier.Args...)
		}
	})
	for _, label := range asked {
		if !labels[label] {
			wrong = append(wrong, fmt.Errorf("nothing in it has the label %s", label))
		}
	}
	return errors.Join(wrong...)
}

// split is the name of a metric and the labels by which it is chosen.
func split(metric *metricsql.MetricExpr) (name string, filters []string) {
	for _, group := range metric.LabelFilterss {
		for _, filter := range group {
			if filter.Label == "__name__" {
				name = filter.Value
			} else {
				filters = append(filters, filter.Label)
			}
		}
	}
	return name, filters
}

// An expression that asks for too much is found.
func TestWrongSignalsAreFound(t *testing.T) {
	there := readSeries("# HELP a_total x\na_total{x=\"1\",y=\"b} c\"} 1\nh_bucket{le=\"1\"} 0\n")
	for _, bad := range []string{
		`rate(b_total[5m])`, `rate(a_total{z="1"}[5m])`, `sum by (z) (a_total)`, `a_total / on (z) a_total`, `sum by (x) (h_bucket)`, `rate(a_total[5m]`,
	} {
		if there.check(bad) == nil {
			t.Errorf("accepted: %s", bad)
		}
	}
	for _, good := range []string{`sum by (x, job) (rate(a_total{y=~"."}[5m])) > 3`, `histogram_quantile(0.9, sum by (le) (rate(h_bucket[5m])))`} {
		if err := there.check(good); err != nil {
			t.Errorf("refused: %s: %v", good, err)
		}
	}
}

// Each alert says how urgent it is and leads to a section of the runbook that is there; each section of an alert has one.
func TestEveryAlertHasASection(t *testing.T) {
	text, err := os.ReadFile(runbookFile)
	if err != nil {
		t.Fatal(err)
	}
	var sections, alerts []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if title, ok := strings.CutPrefix(line, "### "); ok {
			sections = append(sections, strings.ToLower(title))
		}
	}
	for _, one := range readRules(t) {
		if _, err := metricsql.Parse(one.Expr); err != nil {
			t.Errorf("%s%s: %v", one.Record, one.Alert, err)
		}
		if one.Alert == "" {
			continue
		}
		alerts = append(alerts, strings.ToLower(one.Alert))
		section, ok := strings.CutPrefix(one.Annotations["runbook"], runbookPath)
		if !ok || section != strings.ToLower(one.Alert) || !slices.Contains(sections, section) {
			t.Errorf("%s leads to %q, which is no section about it", one.Alert, one.Annotations["runbook"])
		}
		if severity := one.Labels["severity"]; severity != "page" && severity != "ticket" {
			t.Errorf("%s has the severity %q", one.Alert, severity)
		}
		if one.Annotations["summary"] == "" {
			t.Errorf("%s says nothing", one.Alert)
		}
	}
	for _, section := range sections {
		if !slices.Contains(alerts, section) {
			t.Errorf("the runbook has a section %q without an alert", section)
		}
	}
}
