package fault

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// maxEvidence is of how many orders everything is told.
const maxEvidence = 3

var orderIDs = regexp.MustCompile(`ord_[0-9a-f-]{36}`)

// evidence is every event about the orders that a message names, in the order in which they were published.
func (s *system) evidence(message string) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), time.Minute)
	defer cancel()
	ids := orderIDs.FindAllString(message, -1)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	ids = ids[:min(len(ids), maxEvidence)]
	if len(ids) == 0 {
		return ""
	}
	conn, err := nats.Connect("nats://" + s.broker.address())
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err.Error()
	}
	var told []string
	for _, stream := range []string{"WAYBILL_ORDER", "WAYBILL_INVENTORY", "WAYBILL_FULFILLMENT", "WAYBILL_BILLING"} {
		found, err := eventsAbout(ctx, js, stream, ids)
		if err != nil {
			return err.Error()
		}
		told = append(told, found...)
	}
	slices.Sort(told) // by time
	return strings.Join(told, "\n")
}

// eventsAbout reads a whole stream. What was repeated on purpose is left out.
func eventsAbout(ctx context.Context, js jetstream.JetStream, stream string, ids []string) ([]string, error) {
	consumer, err := js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		return nil, err
	}
	var told []string
	for {
		message, err := consumer.Next(jetstream.FetchMaxWait(2 * time.Second))
		if err != nil {
			return told, nil //nolint:nilerr // there is no more
		}
		about, err := message.Metadata()
		if err != nil {
			return told, err
		}
		header := message.Headers()
		if header.Get(repeatedHeader) == "" && slices.ContainsFunc(ids, func(id string) bool { return bytes.Contains(message.Data(), []byte(id)) }) {
			told = append(told, fmt.Sprintf("%s %s %s %s", about.Timestamp.Format("15:04:05.000000"), header.Get("ce-type"), header.Get("ce-sequence"),
				payload(header.Get("ce-dataschema"), message.Data())))
		}
		if about.NumPending == 0 {
			return told, nil
		}
	}
}

func payload(schema string, data []byte) string {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(schema))
	if err != nil {
		return err.Error()
	}
	message := kind.New().Interface()
	if err := proto.Unmarshal(data, message); err != nil {
		return err.Error()
	}
	const enough = 1500
	text := prototext.MarshalOptions{}.Format(message)
	return text[:min(len(text), enough)]
}
