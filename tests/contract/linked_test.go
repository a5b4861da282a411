package contract_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	// Every package of the contract: TestEveryProtoIsLinked says when one is missing here.
	_ "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/books/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/connector/tms/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/outside/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/policy/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
)

// root is the repository seen from this package's folder.
const root = "../.."

// The other tests of this package look at what is linked. A proto that is not would pass them all unseen.
func TestEveryProtoIsLinked(t *testing.T) {
	protos := 0
	err := fs.WalkDir(os.DirFS(root+"/proto"), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".proto") {
			return err
		}
		protos++
		if _, err := protoregistry.GlobalFiles.FindFileByPath(path); err != nil {
			t.Errorf("%s is not linked: generate it and import its package in linked_test.go (%v)", path, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if protos == 0 {
		t.Error("no protos were found")
	}
}

// contractFiles returns the linked files of the contract.
func contractFiles() []protoreflect.FileDescriptor {
	var files []protoreflect.FileDescriptor
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(file.Path(), "waybill/") {
			files = append(files, file)
		}
		return true
	})
	return files
}
