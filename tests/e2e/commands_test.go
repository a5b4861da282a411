package e2e

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// The exit codes of commands.
const failed, misused = 1, 80

// ended runs a command and gives its exit code and what it wrote to each side.
func ended(t *testing.T, args ...string) (code int, out, diagnosis string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), binary, args...)
	command.Dir = t.TempDir()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			t.Fatal(err)
		}
		code = exit.ExitCode()
	}
	return code, stdout.String(), stderr.String()
}

// Where no Waybill runs, every command that needs one says so in a sentence, at once, and prints nothing else.
func TestCommandsWithoutAWaybill(t *testing.T) {
	const nobody = "127.0.0.1:1"
	for _, args := range [][]string{
		{"order", "X"}, {"order", "X", "--json"}, {"exceptions"}, {"exceptions", "show", "X"}, {"exceptions", "assign", "X", "ann"},
		{"exceptions", "resolve", "X", "--action", "retry", "--reason", "r"}, {"dead-letters"}, {"dead-letters", "show", "billing-orders", "X"},
		{"dead-letters", "retry"}, {"dead-letters", "retry", "billing-orders", "X", "--reason", "r"}, {"dead-letters", "parked"},
		{"dead-letters", "skip", "billing-orders", "X", "--reason", "r"}, {"dead-letters", "skip-gap", "billing-orders", "X", "--reason", "r"},
		{"replay", "--since", "2h"}, {"reconcile", "run"}, {"reconcile"}, {"reconcile", "runs"}, {"reconcile", "show", "X"},
		{"reconcile", "repair", "X", "--reason", "r"}, {"rebuild", "--reason", "r"}, {"connectors"}, {"sandbox", "erp", "--show"},
		{"erp"}, {"erp", "retry", "--all"}, {"masters"}, {"masters", "list"}, {"masters", "list", "--json"}, {"masters", "show", "X"},
		{"masters", "retry", "X"}, {"masters", "retry", "--all"}, {"masters", "drop", "X", "--reason", "r"}, {"masters", "reload"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			code, out, diagnosis := ended(t, append(args, "--address", nobody)...)
			if code != failed || out != "" || strings.Count(diagnosis, "\n") != 1 || !strings.HasPrefix(diagnosis, "waybill: ") ||
				!strings.Contains(diagnosis, "no Waybill answers at "+nobody+"; waybill up starts one") || strings.Contains(diagnosis, "rpc error") {
				t.Errorf("exit code %d\nout: %s\nerr: %s", code, out, diagnosis)
			}
		})
	}
}

// What is wrong with a command line is told on standard error, with how the command is used.
func TestCommandLinesThatAreWrong(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nothing":           {nil, "expected one of"},
		"no such command":   {[]string{"bogus"}, "unexpected argument bogus"},
		"no such flag":      {[]string{"order", "X", "--bogus"}, "unknown flag --bogus"},
		"an argument less":  {[]string{"order"}, "expected \"<order>\""},
		"a reason less":     {[]string{"rebuild"}, "missing flags: --reason"},
		"no such file":      {[]string{"import", "items", "none.csv"}, "no such file"},
		"no such choice":    {[]string{"exceptions", "resolve", "X", "--action", "x", "--reason", "r"}, "--action"},
		"back in time":      {[]string{"dead-letters", "--since=-2h"}, "no time longer than nothing"},
		"no time":           {[]string{"reconcile", "run", "--wait", "0s"}, "no time longer than nothing"},
		"no duration":       {[]string{"replay", "--since", "yesterday"}, "no time longer than nothing"},
		"a share of double": {[]string{"sandbox", "erp", "--error-rate", "2"}, "not between 0 and 1"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, diagnosis := ended(t, c.args...)
			if code != misused || out != "" || !strings.Contains(diagnosis, c.says) || !strings.Contains(diagnosis, "Usage: waybill") {
				t.Errorf("exit code %d\nout: %s\nerr: %s", code, out, diagnosis)
			}
		})
	}
	code, out, diagnosis := ended(t, "replay", "--help")
	if code != 0 || diagnosis != "" || !strings.Contains(out, "Usage: waybill replay") {
		t.Errorf("help that was asked for: exit code %d\nout: %s\nerr: %s", code, out, diagnosis)
	}
}
