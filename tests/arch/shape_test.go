package arch_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

const maxLines = 400

// sayNothing are the names under which everything would find a place.
var sayNothing = []string{"base", "common", "helper", "helpers", "misc", "model", "models", "pkg", "shared", "types", "util", "utils"}

func TestFilesFitInOneHead(t *testing.T) {
	for _, p := range handWritten(t) {
		for _, path := range p.files() {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if lines := bytes.Count(source, []byte("\n")); lines > maxLines && !generated(source) {
				t.Errorf("%s has %d lines, at most %d: split it by what its parts promise", short(path), lines, maxLines)
			}
		}
	}
}

func TestPackageNamesSaySomething(t *testing.T) {
	for _, p := range handWritten(t) {
		for part := range strings.SplitSeq(p.path(), "/") {
			if slices.Contains(sayNothing, part) {
				t.Errorf("%s: a package named %q says nothing", p.path(), part)
			}
		}
	}
}

// A decision takes the time as an argument: with a clock of its own it could not be repeated.
func TestDomainsHaveNoClock(t *testing.T) {
	for _, p := range handWritten(t) {
		if service := serviceOf(p.path()); service == "" || !within(p.path(), service+"/internal/domain") {
			continue
		}
		for _, name := range p.GoFiles {
			path := filepath.Join(p.Dir, name)
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range clockCalls(file) {
				t.Errorf("%s calls %s: take the time as an argument", short(path), call)
			}
		}
	}
}

// clockCalls returns the uses of the clock in a file.
func clockCalls(file *ast.File) []string {
	var found []string
	clock := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains(clock, selector.Sel.Name) {
			found = append(found, "time."+selector.Sel.Name)
		}
		return true
	})
	return found
}

func TestClockCallsAreSeen(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nimport \"time\"\nvar a, b = time.Now(), time.Hour", 0)
	if err != nil {
		t.Fatal(err)
	}
	if calls := clockCalls(file); len(calls) != 1 || calls[0] != "time.Now" {
		t.Errorf("got %v, want time.Now and no more", calls)
	}
}

// RPC = file: whoever looks for ReserveStock opens reserve_stock.go in the service's folder.
func TestEveryRPCHasItsFile(t *testing.T) {
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		folder, ok := serviceFolder(string(file.Package()))
		if !ok {
			return true
		}
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				name := snake(string(methods.Get(j).Name())) + ".go"
				if _, err := os.Stat(filepath.Join(root, folder, name)); err != nil {
					t.Errorf("%s has no file %s/%s", methods.Get(j).FullName(), folder, name)
				}
			}
		}
		return true
	})
}

// serviceFolder returns the folder that implements a proto package: "waybill.connector.wms.v1" → "services/connector/wms".
// It is false for a package of others, and for one whose service has no code yet.
func serviceFolder(protoPackage string) (string, bool) {
	parts := strings.Split(protoPackage, ".")
	if parts[0] != "waybill" || len(parts) < 3 {
		return "", false
	}
	folder := filepath.Join(append([]string{"services"}, parts[1:len(parts)-1]...)...)
	_, err := os.Stat(filepath.Join(root, folder, "service.go"))
	return folder, err == nil
}

// snake turns a method's name into its file's: "ReserveStock" → "reserve_stock".
func snake(name string) string {
	var out strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// generated reports whether a file says of itself, as Go's convention has it, that a tool wrote it.
func generated(source []byte) bool {
	head, _, _ := bytes.Cut(source, []byte("\npackage "))
	return bytes.Contains(head, []byte("// Code generated ")) && bytes.Contains(head, []byte("DO NOT EDIT."))
}

func short(path string) string {
	if absolute, err := filepath.Abs(root); err == nil {
		if relative, err := filepath.Rel(absolute, path); err == nil {
			return relative
		}
	}
	return path
}
