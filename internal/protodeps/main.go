// Command protodeps writes the third-party protos that Waybill's protos import into a folder, so that buf compiles
// them with no network and no registry. It prints them from the descriptors inside the Go modules that go.mod pins:
// the protos can therefore never differ from the Go code that the binary links.
//
//	go run ./internal/protodeps [-out .protodeps]
//
// The folder is git-ignored, listed in buf.yaml as a second module, and replaced as a whole by each run. Comments are
// missing in it: descriptors that are linked into a binary carry none.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	validatepb "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	openapiv3 "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv3/options"
	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// roots are the files that our protos may import. What they import themselves comes along.
func roots() []protoreflect.FileDescriptor {
	return []protoreflect.FileDescriptor{
		annotations.File_google_api_annotations_proto,
		annotations.File_google_api_field_behavior_proto,
		openapiv3.File_protoc_gen_openapiv3_options_annotations_proto,
		validatepb.File_buf_validate_validate_proto,
	}
}

func main() {
	out := flag.String("out", ".protodeps", "the `folder` to write, replaced when it exists")
	flag.Parse()
	if err := run(*out, roots()); err != nil {
		fmt.Fprintln(os.Stderr, "protodeps:", err)
		os.Exit(1)
	}
}

// run writes the files next to out first and then takes out's place, so that a run that fails leaves the old folder.
func run(out string, roots []protoreflect.FileDescriptor) error {
	fresh, err := os.MkdirTemp(filepath.Dir(out), filepath.Base(out)+".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	for _, file := range closure(roots) {
		if err := write(fresh, file); err != nil {
			return fmt.Errorf("%s: %w", file.Path(), err)
		}
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	return os.Rename(fresh, out)
}

// closure returns the files and everything that they import, each once, without the google/protobuf files that every
// proto compiler brings.
func closure(roots []protoreflect.FileDescriptor) []protoreflect.FileDescriptor {
	var files []protoreflect.FileDescriptor
	seen := map[string]bool{}
	var visit func(protoreflect.FileDescriptor)
	visit = func(file protoreflect.FileDescriptor) {
		if seen[file.Path()] || strings.HasPrefix(file.Path(), "google/protobuf/") {
			return
		}
		seen[file.Path()] = true
		files = append(files, file)
		imports := file.Imports()
		for i := range imports.Len() {
			visit(imports.Get(i).FileDescriptor)
		}
	}
	for _, file := range roots {
		visit(file)
	}
	return files
}

func write(dir string, file protoreflect.FileDescriptor) error {
	printer := protoprint.Printer{ForceFullyQualifiedNames: true}
	text, err := printer.PrintProtoToString(file)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, filepath.FromSlash(file.Path()))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
