package arch_test

import (
	"slices"
	"strings"
	"testing"
)

// pure are the packages of arithmetic and names that decide nothing and reach nothing: domains may use them.
var pure = []string{"internal/decimal", "internal/fault", "internal/gs1", "internal/id", "internal/money", "internal/quantity"}

// reaching are the parts of the standard library by which a decision would stop being one.
var reaching = []string{"context", "database/sql", "io/fs", "log", "math/rand", "net", "os", "syscall"}

func TestImports(t *testing.T) {
	for _, p := range handWritten(t) {
		for _, imported := range p.Imports {
			if why := refused(p.path(), imported); why != "" {
				t.Errorf("%s imports %s: %s", p.path(), imported, why)
			}
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if why := refusedInTest(p.path(), imported); why != "" {
				t.Errorf("a test of %s imports %s: %s", p.path(), imported, why)
			}
		}
	}
}

// refused returns why a package may not import another one, empty when it may.
func refused(importer, imported string) string {
	own := strings.HasPrefix(imported, module+"/")
	imported = strings.TrimPrefix(imported, module+"/")
	service := serviceOf(importer)
	switch {
	case own && within(imported, "cmd") && !within(importer, "cmd"):
		return "nothing imports a command"
	case own && within(imported, "tests"):
		return "nothing imports the tests"
	case own && within(importer, "internal") && within(imported, "services"):
		return "mechanics know no service"
	case own && service != "" && serviceOf(imported) != "" && serviceOf(imported) != service:
		return "services meet only in gen/"
	case service != "" && within(importer, service+"/internal/domain"):
		return refusedInDomain(own, imported, service)
	case service != "" && within(importer, service+"/internal/store"):
		return refusedInStore(own, imported, service)
	case service != "" && within(imported, "github.com/jackc/pgx"):
		return "only the store speaks to the database; it turns what was refused into faults"
	}
	return ""
}

func refusedInDomain(own bool, imported, service string) string {
	switch {
	case own && (slices.Contains(pure, imported) || within(imported, service+"/internal/domain")):
		return ""
	case own:
		return "a domain imports the standard library and " + strings.Join(pure, ", ")
	case imported == "github.com/google/uuid":
		return "" // what internal/id hands out
	case !standard(imported):
		return "a domain imports nothing of others"
	case slices.ContainsFunc(reaching, func(parent string) bool { return within(imported, parent) }):
		return "a decision is pure: it reaches nothing outside and waits for nothing"
	}
	return ""
}

func refusedInStore(own bool, imported, service string) string {
	switch {
	case own && (slices.Contains(pure, imported) || within(imported, "internal/database") || within(imported, "internal/shard")):
		return ""
	case own && (within(imported, service+"/internal/domain") || within(imported, service+"/internal/store")):
		return ""
	case own && within(imported, service+"/internal/process"):
		return "" // a process engine's rows are its own types, as pure as a domain's
	case own:
		return "a store imports its domain, internal/database, internal/shard and " + strings.Join(pure, ", ")
	case within(imported, "google.golang.org/grpc") || within(imported, "google.golang.org/protobuf"):
		return "a store knows rows and domain types; convert.go of the service knows messages"
	}
	return ""
}

// refusedInTest allows tests more than code, but no shortcut around a service's contract.
func refusedInTest(importer, imported string) string {
	imported = strings.TrimPrefix(imported, module+"/")
	from, to := serviceOf(importer), serviceOf(imported)
	switch {
	case within(importer, "internal") && to != "":
		return "mechanics know no service"
	case from != "" && to != "" && from != to:
		return "services meet only in gen/; what takes several belongs under tests/"
	}
	return ""
}

// serviceOf returns the folder of the service to which a package belongs: "services/order", "services/connector/wms";
// empty for a package outside services.
func serviceOf(path string) string {
	parts := strings.Split(path, "/")
	depth := 2
	if len(parts) > 1 && parts[1] == "connector" {
		depth = 3
	}
	if parts[0] != "services" || len(parts) < depth {
		return ""
	}
	return strings.Join(parts[:depth], "/")
}

// within reports whether path is parent or lies under it.
func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

// standard reports whether an import path is of the standard library: its first part is no host name.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// Each rule refuses what it is for and leaves alone what stands beside it.
func TestTheRulesThemselves(t *testing.T) {
	for _, c := range []struct {
		importer, imported string
		allowed            bool
	}{
		{"services/order/internal/domain", "slices", true},
		{"services/order/internal/domain", "time", true},
		{"services/order/internal/domain", "context", false},
		{"services/order/internal/domain", "log/slog", false},
		{"services/order/internal/domain", "os", false},
		{"services/order/internal/domain", module + "/internal/money", true},
		{"services/order/internal/domain", module + "/internal/database", false},
		{"services/order/internal/domain", module + "/gen/waybill/order/v1", false},
		{"services/order/internal/domain", "github.com/jackc/pgx/v5", false},
		{"services/order/internal/store", "github.com/jackc/pgx/v5", true},
		{"services/order/internal/store", "context", true},
		{"services/order/internal/store", module + "/services/order/internal/domain", true},
		{"services/order/internal/store", module + "/internal/database", true},
		{"services/order/internal/store", module + "/internal/outbox", false},
		{"services/order/internal/store", module + "/gen/waybill/order/v1", false},
		{"services/order/internal/store", "google.golang.org/grpc/status", false},
		{"services/order", module + "/services/order/internal/store", true},
		{"services/order", module + "/gen/waybill/inventory/v1", true},
		{"services/order", module + "/internal/outbox", true},
		{"services/order", module + "/services/inventory", false},
		{"services/order", "github.com/jackc/pgx/v5/pgconn", false},
		{"services/connector/wms", module + "/services/connector/tax", false},
		{"services/connector/wms", module + "/services/connector/wms/internal/store", true},
		{"internal/outbox", module + "/internal/bus", true},
		{"internal/outbox", "github.com/jackc/pgx/v5", true},
		{"internal/outbox", module + "/services/order", false},
		{"services/order", module + "/tests/arch", false},
		{"internal/rpc", module + "/cmd/waybill", false},
		{"cmd/waybill", module + "/services/order", true},
		{"cmd/waybill", module + "/cmd/waybill/internal/demo", true},
		{"cmd/waybill", module + "/internal/rpc", true},
	} {
		if why := refused(c.importer, c.imported); (why == "") != c.allowed {
			t.Errorf("%s importing %s: got %q, want allowed = %t", c.importer, c.imported, why, c.allowed)
		}
	}
	if refusedInTest("services/order", module+"/services/inventory") == "" {
		t.Error("a test of one service may import another one")
	}
	if refusedInTest("tests/e2e", module+"/services/inventory") != "" {
		t.Error("the tests under tests/ may not import a service")
	}
}
