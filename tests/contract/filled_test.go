package contract_test

import (
	"math"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// maxDepth bounds messages that contain themselves.
const maxDepth = 6

// filled sets every field of a message, and of the messages in it, to a value that tells fields apart: one that was
// swapped with another decodes to something else. The same message comes out the same on every run.
func filled(message proto.Message) proto.Message {
	fill(message.ProtoReflect(), 0)
	return message
}

func fill(m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		// Of a oneof, the last member stays set; Has tells whether another one is already.
		switch {
		case field.IsList():
			list := m.Mutable(field).List()
			for n := range 2 {
				if value, ok := sample(field, list.NewElement, n, depth); ok {
					list.Append(value)
				}
			}
		case field.IsMap():
			entries := m.Mutable(field).Map()
			key, _ := sample(field.MapKey(), nil, 0, depth)
			if value, ok := sample(field.MapValue(), entries.NewValue, 0, depth); ok {
				entries.Set(key.MapKey(), value)
			}
		default:
			newValue := func() protoreflect.Value { return m.NewField(field) }
			if value, ok := sample(field, newValue, 0, depth); ok {
				m.Set(field, value)
			}
		}
	}
}

// sample returns a value for a field that differs by the field's number and by n; false for a message too deep.
func sample(field protoreflect.FieldDescriptor, newMessage func() protoreflect.Value, n, depth int) (protoreflect.Value, bool) {
	number := int64(field.Number())*1000 + int64(n)
	switch field.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true), true
	case protoreflect.EnumKind:
		values := field.Enum().Values()
		return protoreflect.ValueOfEnum(values.Get((1 + n) % values.Len()).Number()), true
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(number)), true
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(number)), true
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(number), true
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(number)), true
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(math.Sqrt(float64(number)))), true
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(math.Sqrt(float64(number))), true
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(sampleText(field, n))), true
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(sampleText(field, n)), true
	case protoreflect.MessageKind, protoreflect.GroupKind:
		if depth >= maxDepth {
			return protoreflect.Value{}, false
		}
		value := newMessage()
		fill(value.Message(), depth+1)
		return value, true
	default:
		return protoreflect.Value{}, false
	}
}

func sampleText(field protoreflect.FieldDescriptor, n int) string {
	return string(field.Name()) + "-" + string('a'+rune(n))
}
