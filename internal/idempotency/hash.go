package idempotency

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// hashVersion is the first byte of every hash. Another canonical form gets another version; a binary that writes it is
// released only after one that knows it, because the two must agree on what a repeat is.
const hashVersion = 1

// requestID is the field that carries the key and is no part of the content.
const requestID protoreflect.Name = "request_id"

// Hash stands for the content of a decoded request: equal requests have equal hashes, however their bytes were ordered
// on the wire and whether they came as JSON or binary. The field request_id is left out, and so are the presentation
// fields, which are named fields of the request itself.
//
// The canonical form walks the fields that are set in the order of their numbers; each is its number, the kind of its
// value and the value, with lengths before everything that has one; maps are sorted by key. A field that is added to the
// contract and not set changes no hash. A field that this binary does not know counts as the bytes that came, so after
// an upgrade a repeat of such a request is refused rather than taken for another one.
func Hash(req proto.Message, presentation ...protoreflect.Name) []byte {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	message := req.ProtoReflect()
	form := (*buffer)[:0]
	form = append(form, message.Descriptor().FullName()...)
	form = append(form, 0)
	form = appendMessage(form, message, func(name protoreflect.Name) bool {
		return name == requestID || slices.Contains(presentation, name)
	})
	*buffer = form
	sum := sha256.Sum256(form)
	return append([]byte{hashVersion}, sum[:]...)
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// The marks that tell what follows. Part of the form: never renumber.
const (
	markNumber  = 1 // 8 bytes: bool, enum, integers, floats by their bits
	markBytes   = 2 // length, bytes: string and bytes
	markMessage = 3 // length, fields
	markList    = 4 // count, values
	markMap     = 5 // count, keys and values
	markUnknown = 6 // length, bytes as they came
)

func appendMessage(form []byte, message protoreflect.Message, leftOut func(protoreflect.Name) bool) []byte {
	for _, field := range fieldsOf(message.Descriptor()) {
		if !message.Has(field) || (leftOut != nil && leftOut(field.Name())) {
			continue
		}
		form = binary.AppendUvarint(form, uint64(field.Number()))
		value := message.Get(field)
		switch {
		case field.IsMap():
			form = appendMap(form, field, value.Map())
		case field.IsList():
			list := value.List()
			form = append(form, markList)
			form = binary.AppendUvarint(form, uint64(list.Len()))
			for i := range list.Len() {
				form = appendValue(form, field, list.Get(i))
			}
		default:
			form = appendValue(form, field, value)
		}
	}
	if unknown := message.GetUnknown(); len(unknown) > 0 {
		form = append(form, 0, markUnknown)
		form = appendLengthOf(form, unknown)
	}
	return form
}

// orders remembers each message's fields by number: descriptors never change while the process lives.
var orders sync.Map

func fieldsOf(message protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	if known, ok := orders.Load(message); ok {
		return known.([]protoreflect.FieldDescriptor)
	}
	fields := make([]protoreflect.FieldDescriptor, message.Fields().Len())
	for i := range fields {
		fields[i] = message.Fields().Get(i)
	}
	slices.SortFunc(fields, func(a, b protoreflect.FieldDescriptor) int { return int(a.Number()) - int(b.Number()) })
	orders.Store(message, fields)
	return fields
}

func appendValue(form []byte, field protoreflect.FieldDescriptor, value protoreflect.Value) []byte {
	switch field.Kind() {
	case protoreflect.StringKind:
		text := value.String()
		form = append(form, markBytes)
		form = binary.AppendUvarint(form, uint64(len(text)))
		return append(form, text...)
	case protoreflect.BytesKind:
		return appendLengthOf(append(form, markBytes), value.Bytes())
	case protoreflect.MessageKind, protoreflect.GroupKind:
		// The length is known only afterwards: leave room for it.
		start := len(form)
		form = append(form, markMessage, 0, 0, 0, 0, 0, 0, 0, 0)
		form = appendMessage(form, value.Message(), nil)
		binary.BigEndian.PutUint64(form[start+1:], uint64(len(form)-start-9))
		return form
	default:
		return binary.BigEndian.AppendUint64(append(form, markNumber), number(field.Kind(), value))
	}
}

func number(kind protoreflect.Kind, value protoreflect.Value) uint64 {
	switch kind {
	case protoreflect.BoolKind:
		if value.Bool() {
			return 1
		}
		return 0
	case protoreflect.EnumKind:
		return uint64(value.Enum())
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return math.Float64bits(value.Float())
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return value.Uint()
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind,
		protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return uint64(value.Int())
	default:
		panic(fmt.Sprintf("idempotency: a field of kind %v has no canonical form", kind))
	}
}

func appendMap(form []byte, field protoreflect.FieldDescriptor, entries protoreflect.Map) []byte {
	keys := make([]protoreflect.MapKey, 0, entries.Len())
	entries.Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, key)
		return true
	})
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int { return strings.Compare(a.String(), b.String()) })
	form = append(form, markMap)
	form = binary.AppendUvarint(form, uint64(len(keys)))
	for _, key := range keys {
		form = appendValue(form, field.MapKey(), key.Value())
		form = appendValue(form, field.MapValue(), entries.Get(key))
	}
	return form
}

func appendLengthOf(form, content []byte) []byte {
	form = binary.AppendUvarint(form, uint64(len(content)))
	return append(form, content...)
}
