package arch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/waybill-dev/waybill"
)

// goPackage is what `go list` says of a package of this module.
type goPackage struct {
	ImportPath, Dir, Name string
	GoFiles, IgnoredGoFiles,
	TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports []string
}

// path is the package's folder within the module: "internal/fault".
func (p goPackage) path() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// files returns the paths of all Go files of the package, tests and other platforms among them.
func (p goPackage) files() []string {
	var paths []string
	for _, name := range slices.Concat(p.GoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
		paths = append(paths, filepath.Join(p.Dir, name))
	}
	return paths
}

var listOnce = sync.OnceValues(func() ([]goPackage, error) {
	command := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Name,GoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports", "./...")
	command.Dir = root
	output, err := command.Output()
	if err != nil {
		return nil, err
	}
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var next goPackage
		switch err := decoder.Decode(&next); {
		case errors.Is(err, io.EOF):
			return packages, nil
		case err != nil:
			return nil, err
		}
		packages = append(packages, next)
	}
})

// handWritten returns the packages of the module without gen/.
func handWritten(t *testing.T) []goPackage {
	t.Helper()
	packages, err := listOnce()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages = slices.DeleteFunc(slices.Clone(packages), func(p goPackage) bool { return strings.HasPrefix(p.path(), "gen/") })
	if len(packages) == 0 {
		t.Fatal("go list found no packages")
	}
	return packages
}
