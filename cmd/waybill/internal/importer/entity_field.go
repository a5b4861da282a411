package importer

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// gtinColumn and unitsColumn are short ways to say what items often have.
const (
	gtinColumn  = "gtin"
	unitsColumn = "units"
	outputOnly  = "updated_at"
	maxIndex    = 20
)

// fieldPath leads to a field: by name, through messages and lists: "address.city", "ship_tos.0.address.city".
type fieldPath struct {
	name  string
	steps []fieldStep
}

type fieldStep struct {
	field protoreflect.FieldDescriptor
	// index is the place in a list; -1: the whole field.
	index int
}

// parsePath finds a field of the contract by its name in snake_case.
func parsePath(name string, message protoreflect.MessageDescriptor) (fieldPath, error) {
	path := fieldPath{name: name}
	if name == outputOnly || (name == gtinColumn && message.Name() == "Item") {
		return path, nil
	}
	unknown := fmt.Errorf("there is no field %q", name)
	words := strings.Split(name, ".")
	for i := 0; i < len(words); i++ {
		if message == nil {
			return path, unknown
		}
		field := message.Fields().ByName(protoreflect.Name(words[i]))
		if field == nil {
			return path, unknown
		}
		step := fieldStep{field: field, index: -1}
		message = field.Message()
		if i+1 < len(words) && field.IsList() {
			i++
			index, err := strconv.Atoi(words[i])
			if err != nil || index < 0 || index >= maxIndex {
				return path, fmt.Errorf("%q: a number from 0 to %d is expected after %s", name, maxIndex-1, words[i-1])
			}
			step.index = index
		}
		path.steps = append(path.steps, step)
	}
	return path, nil
}

// set writes what text says into the field, making what is on the way.
func (p fieldPath) set(message protoreflect.Message, text string) error {
	if len(p.steps) == 0 {
		if p.name == gtinColumn {
			return setJSON(message, "codes", fmt.Sprintf(`[{"type": "ITEM_CODE_TYPE_GTIN", "code": %q}]`, text))
		}
		return nil
	}
	last := len(p.steps) - 1
	for _, step := range p.steps[:last] {
		message = step.enter(message)
	}
	return p.steps[last].set(message, text)
}

func (s fieldStep) enter(message protoreflect.Message) protoreflect.Message {
	if s.index < 0 {
		return message.Mutable(s.field).Message()
	}
	list := message.Mutable(s.field).List()
	for list.Len() <= s.index {
		list.AppendMutable()
	}
	return list.Get(s.index).Message()
}

func (s fieldStep) set(message protoreflect.Message, text string) error {
	name := string(s.field.Name())
	switch {
	case s.index >= 0:
		return errors.New("name a field of the list's entries")
	case (s.field.IsList() || s.field.Message() != nil) && strings.ContainsAny(text[:1], "[{"):
		return setJSON(message, name, text)
	case name == unitsColumn && s.field.Message() != nil:
		return setUnits(message, text)
	case s.field.Message() != nil:
		return errors.New("JSON is expected")
	case s.field.IsList():
		list := message.Mutable(s.field).List()
		for part := range strings.SplitSeq(text, ";") {
			value, err := scalar(s.field, strings.TrimSpace(part))
			if err != nil {
				return err
			}
			list.Append(value)
		}
		return nil
	default:
		value, err := scalar(s.field, text)
		if err != nil {
			return err
		}
		message.Set(s.field, value)
		return nil
	}
}

// setJSON reads a field as the REST API writes it, and adds it to what is there.
func setJSON(message protoreflect.Message, name, text string) error {
	read := message.New().Interface()
	if err := protojson.Unmarshal([]byte(fmt.Sprintf("{%q: %s}", name, text)), read); err != nil {
		return errors.New("this is not the JSON of the field, as the API takes it")
	}
	proto.Merge(message.Interface(), read)
	return nil
}

// setUnits reads "CS=12;IP=1/4": one CS is 12 base units, one IP a quarter of one.
func setUnits(message protoreflect.Message, text string) error {
	var units []string
	for part := range strings.SplitSeq(text, ";") {
		unit, ratio, ok := strings.Cut(strings.TrimSpace(part), "=")
		numerator, denominator, fraction := strings.Cut(ratio, "/")
		if !fraction {
			denominator = "1"
		}
		if !ok || !wholeNumber(numerator) || !wholeNumber(denominator) {
			return errors.New(`"CS=12;IP=1/4" or JSON is expected`)
		}
		units = append(units, fmt.Sprintf(`{"unit": %q, "numerator": %q, "denominator": %q}`, unit, numerator, denominator))
	}
	return setJSON(message, unitsColumn, "["+strings.Join(units, ",")+"]")
}

func wholeNumber(text string) bool {
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil
}

var (
	yes = []string{"true", "1", "yes", "y"}
	no  = []string{"false", "0", "no", "n"}
)

// scalar reads one value. Enums go by their short names, as "GOODS" for ITEM_KIND_GOODS.
func scalar(field protoreflect.FieldDescriptor, text string) (protoreflect.Value, error) {
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text), nil
	case protoreflect.BoolKind:
		lower := strings.ToLower(text)
		if !slices.Contains(yes, lower) && !slices.Contains(no, lower) {
			return protoreflect.Value{}, errors.New("true or false is expected")
		}
		return protoreflect.ValueOfBool(slices.Contains(yes, lower)), nil
	case protoreflect.Int32Kind:
		number, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return protoreflect.Value{}, errors.New("a whole number is expected")
		}
		return protoreflect.ValueOfInt32(int32(number)), nil
	case protoreflect.Int64Kind:
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return protoreflect.Value{}, errors.New("a whole number is expected")
		}
		return protoreflect.ValueOfInt64(number), nil
	case protoreflect.EnumKind:
		return enumValue(field.Enum(), text)
	default:
		return protoreflect.Value{}, fmt.Errorf("a field of kind %s cannot be imported", field.Kind())
	}
}

func enumValue(enum protoreflect.EnumDescriptor, text string) (protoreflect.Value, error) {
	zero := string(enum.Values().ByNumber(0).Name())
	prefix := strings.TrimSuffix(zero, "UNSPECIFIED")
	upper := strings.ToUpper(text)
	var known []string
	for i := range enum.Values().Len() {
		value := enum.Values().Get(i)
		name := string(value.Name())
		if name == upper || name == prefix+upper {
			return protoreflect.ValueOfEnum(value.Number()), nil
		}
		if name != zero {
			known = append(known, strings.TrimPrefix(name, prefix))
		}
	}
	return protoreflect.Value{}, fmt.Errorf("one of %s is expected", strings.Join(known, ", "))
}
