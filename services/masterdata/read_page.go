package masterdata

import (
	"strings"

	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// pageReader reads the pages of one call. Where a page cannot be read because of some of its changes it reads the others, and keeps
// those as they came: else one text that is no UTF-8, as systems with old code pages give out, would hold up the feed for ever.
type pageReader struct {
	encoding.CodecV2
	broken map[int]brokenChange
}

// brokenChange is a change that cannot be read.
type brokenChange struct {
	kind    domain.MasterKind
	content []byte
}

func newPageReader() *pageReader {
	return &pageReader{CodecV2: encoding.GetCodecV2(grpcproto.Name), broken: map[int]brokenChange{}}
}

// Unmarshal reads a message as ever, and a page that cannot be read change by change.
func (r *pageReader) Unmarshal(data mem.BufferSlice, into any) error {
	err := r.CodecV2.Unmarshal(data, into)
	page, ok := into.(*erpv1.ListMasterChangesResponse)
	if err == nil || !ok {
		return err
	}
	proto.Reset(page)
	if !r.read(data.Materialize(), page) {
		return err
	}
	return nil
}

// The numbers of the fields that it looks at.
const (
	changesField = 1
	itemField    = 1
	accountField = 2
	priceField   = 3
)

func (r *pageReader) read(data []byte, page *erpv1.ListMasterChangesResponse) bool {
	var rest []byte
	var changes []*erpv1.MasterChange
	ok := eachField(data, func(number protowire.Number, kind protowire.Type, whole, value []byte) {
		if number != changesField || kind != protowire.BytesType {
			rest = append(rest, whole...)
			return
		}
		change := &erpv1.MasterChange{}
		if proto.Unmarshal(value, change) != nil {
			change = &erpv1.MasterChange{}
			r.broken[len(changes)] = breakUp(value)
		}
		changes = append(changes, change)
	})
	if !ok || proto.Unmarshal(rest, page) != nil {
		return false
	}
	page.Changes = changes
	return true
}

// breakUp finds the entity in a change that cannot be read; where there is none the whole change stands for it.
func breakUp(change []byte) brokenChange {
	found := brokenChange{content: change}
	eachField(change, func(number protowire.Number, kind protowire.Type, _, value []byte) {
		of := map[protowire.Number]domain.MasterKind{
			itemField: domain.MasterItem, accountField: domain.MasterAccount, priceField: domain.MasterPrice,
		}[number]
		if of != domain.MasterUnknown && kind == protowire.BytesType {
			found = brokenChange{of, value}
		}
	})
	return found
}

// eachField calls visit with every field of a message: the whole of it, and the value of one that has a length. False: it is no
// message.
func eachField(data []byte, visit func(number protowire.Number, kind protowire.Type, whole, value []byte)) bool {
	for len(data) > 0 {
		number, kind, tag := protowire.ConsumeTag(data)
		if tag < 0 {
			return false
		}
		size := protowire.ConsumeFieldValue(number, kind, data[tag:])
		if size < 0 {
			return false
		}
		var value []byte
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(data[tag:])
		}
		visit(number, kind, data[:tag+size], value)
		data = data[tag+size:]
	}
	return true
}

// readable reads content into a message with what is no UTF-8 replaced.
func readable(into proto.Message, content []byte) (proto.Message, bool) {
	if proto.Unmarshal(content, into) == nil {
		return into, true
	}
	proto.Reset(into)
	clean, ok := scrub(content, into.ProtoReflect().Descriptor())
	return into, ok && proto.Unmarshal(clean, into) == nil
}

// scrub replaces what is no UTF-8 in the texts of a message.
func scrub(content []byte, of protoreflect.MessageDescriptor) (clean []byte, ok bool) {
	sound := true
	ok = eachField(content, func(number protowire.Number, kind protowire.Type, whole, value []byte) {
		field := of.Fields().ByNumber(number)
		if field == nil || kind != protowire.BytesType {
			clean = append(clean, whole...)
			return
		}
		switch field.Kind() {
		case protoreflect.StringKind:
			value = []byte(strings.ToValidUTF8(string(value), "\uFFFD"))
		case protoreflect.MessageKind:
			inner, innerSound := scrub(value, field.Message())
			value, sound = inner, sound && innerSound
		default:
		}
		clean = protowire.AppendBytes(protowire.AppendTag(clean, number, kind), value)
	})
	return clean, ok && sound
}
