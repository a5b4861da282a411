package rpc

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/waybill-dev/waybill/internal/fault"
)

// ReasonText is the reason of a text with the character U+0000, which no database stores.
const ReasonText = "TEXT_NOT_STORABLE"

// checkTexts refuses a request that holds such a text, with the path of the first one.
func checkTexts(message protoreflect.Message) error {
	path, found := zeroIn(message)
	if !found {
		return nil
	}
	return fault.New(fault.Invalid, ReasonInvalid, "the request holds a text that cannot be stored").
		WithField(path, ReasonText, "the character U+0000 is not allowed")
}

// zeroIn finds the first text of a message with the character. The path is put together on the way back only.
func zeroIn(message protoreflect.Message) (path string, found bool) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
			value.Map().Range(func(key protoreflect.MapKey, one protoreflect.Value) bool {
				path, found = zeroInValue(field.MapValue(), one)
				found = found || strings.ContainsRune(key.String(), 0)
				return !found
			})
		case field.IsList():
			list := value.List()
			for i := 0; i < list.Len() && !found; i++ {
				if path, found = zeroInValue(field, list.Get(i)); found {
					path = fmt.Sprintf("[%d]%s", i, path)
				}
			}
		default:
			path, found = zeroInValue(field, value)
		}
		if found {
			path = string(field.Name()) + path
		}
		return !found
	})
	return path, found
}

func zeroInValue(field protoreflect.FieldDescriptor, value protoreflect.Value) (path string, found bool) {
	switch field.Kind() {
	case protoreflect.StringKind:
		return "", strings.IndexByte(value.String(), 0) >= 0
	case protoreflect.MessageKind, protoreflect.GroupKind:
		if path, found = zeroIn(value.Message()); found {
			path = "." + path
		}
		return path, found
	default:
		return "", false
	}
}
