package contract_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/gateway"
)

// The limits that the README names are those of the code. That they hold is tested where they are kept.
func TestTheREADMENamesTheLimits(t *testing.T) {
	door := gateway.DefaultConfig()
	want := map[string][]string{
		"lines in an order":                        {grouped(mostItems(t, &orderv1.SubmitOrderRequest{}, "lines"))},
		"body of a REST request":                   {mib(gateway.MaxBody)},
		"REST requests under way":                  {grouped(door.MaxRequests), grouped(door.MaxStreams) + " streams", "bodies of " + mib(door.MaxBodyBytes)},
		"how long a REST caller may take":          {seconds(door.BodyTime) + " to send", seconds(door.AnswerTime) + " to read"},
		"calls of one method under way, over gRPC": {grouped(rpc.MaxCallsUnderWay)},
		"orders that wait to be stored":            {grouped(batch.MaxWaiting)},
		"an RPC message":                           {mib(rpc.MaxMessageBytes)},
		"prices, quantities":                       {fmt.Sprint(quantity.MaxScale, " decimal places")},
		"idempotency keys":                         {fmt.Sprint(int(idempotency.Retention/(24*time.Hour)), " days")},
		"shards of a queue":                        {fmt.Sprint(shard.Count)},
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Limits\n")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := map[string]string{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) == 4 {
			rows[strings.TrimSpace(cells[1])] = cells[2]
		}
	}
	for about, limits := range want {
		named := ""
		for row, says := range rows {
			if strings.HasPrefix(row, about) {
				named = says
			}
		}
		for _, limit := range limits {
			if !strings.Contains(named, " "+limit) {
				t.Errorf("%s: the README says %q, the code %q", about, named, limit)
			}
		}
	}
}

// mostItems is how many elements a list of a message may have.
func mostItems(t *testing.T, message proto.Message, field protoreflect.Name) int {
	t.Helper()
	options := message.ProtoReflect().Descriptor().Fields().ByName(field).Options()
	rules, ok := proto.GetExtension(options, validate.E_Field).(*validate.FieldRules)
	if !ok {
		t.Fatalf("%s has no rules", field)
	}
	return int(rules.GetRepeated().GetMaxItems())
}

// grouped writes a number below a million as the README does.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

func mib[T int | int64](bytes T) string { return fmt.Sprint(bytes>>20, " MiB") }

func seconds(d time.Duration) string { return fmt.Sprint(int(d.Seconds()), " seconds") }
