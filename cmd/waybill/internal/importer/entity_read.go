package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// EntityMapping says which column holds which field of the contract.
type EntityMapping struct {
	// Columns names a column for each field: {sku: Article}. Columns that are not named are passed over.
	Columns map[string]string `yaml:"columns"`
	// Constants are what fields of every row say: {kind: GOODS}.
	Constants map[string]string `yaml:"constants"`
	// Values translates what a column says: {Country: {Germany: DE}}. Anything else in that column is refused.
	Values map[string]map[string]string `yaml:"values"`
	// Nothing is how the file writes that there is nothing, such as NULL.
	Nothing string `yaml:"nothing"`
}

// LoadEntityMapping reads a mapping from a YAML file.
func LoadEntityMapping(file string) (*EntityMapping, error) {
	mapping := &EntityMapping{}
	if err := readYAML(file, mapping); err != nil {
		return nil, err
	}
	if len(mapping.Columns) == 0 {
		return nil, fmt.Errorf("mapping %s: columns is required", file)
	}
	return mapping, nil
}

// binding leads from a column, or a constant, to a field.
type binding struct {
	column   string
	constant string
	field    fieldPath
}

// entityFile is what was read of a file.
type entityFile struct {
	count   int
	rows    []entityRow
	rejects []Reject
}

// readEntities reads a file. It fails when its columns do not fit; what is wrong with a row is a reject.
func readEntities(file string, kind entityKind, mapping *EntityMapping) (entityFile, error) {
	var read entityFile
	var bindings []binding
	seen := map[string]int{}
	header := func(columns []string) (err error) {
		bindings, err = bind(columns, kind.empty().ProtoReflect().Descriptor(), mapping)
		return err
	}
	add := func(r record) {
		read.count++
		message, reject := parseEntity(r, kind, bindings, mapping)
		if reject == nil {
			key := entityKey(message, kind.keys)
			if first, twice := seen[key]; twice {
				reject = &Reject{Row: r.row, Field: kind.keys[0], Reason: "DUPLICATE_KEY", Message: fmt.Sprintf("the same as row %d", first)}
			} else {
				seen[key] = r.row
			}
		}
		if reject != nil {
			read.rejects = append(read.rejects, *reject)
			return
		}
		read.rows = append(read.rows, entityRow{row: r.row, message: message})
	}
	err := eachRow(file, header, add, func(reject Reject) {
		read.count++
		read.rejects = append(read.rejects, reject)
	})
	return read, err
}

// bind finds the fields of the columns, in the order of their names. Without a mapping every column has to be a field.
func bind(columns []string, message protoreflect.MessageDescriptor, mapping *EntityMapping) ([]binding, error) {
	byField := map[string]binding{}
	var wrong []error
	if mapping == nil {
		for _, column := range columns {
			byField[column] = binding{column: column}
		}
	} else {
		for field, column := range mapping.Columns {
			byField[field] = binding{column: column}
			if !slices.Contains(columns, column) {
				wrong = append(wrong, fmt.Errorf("there is no column %q", column))
			}
		}
		for field, constant := range mapping.Constants {
			if _, twice := byField[field]; twice {
				wrong = append(wrong, fmt.Errorf("mapping: %s has a column and a constant", field))
			}
			byField[field] = binding{constant: constant}
		}
	}
	var bindings []binding
	for name, one := range byField {
		path, err := parsePath(name, message)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		one.field = path
		bindings = append(bindings, one)
	}
	slices.SortFunc(bindings, func(a, b binding) int { return strings.Compare(a.field.name, b.field.name) })
	return bindings, errors.Join(wrong...)
}

func parseEntity(r record, kind entityKind, bindings []binding, mapping *EntityMapping) (proto.Message, *Reject) {
	message := kind.empty()
	for _, b := range bindings {
		text, reject := b.text(r, mapping)
		if message := textWrong(text); message != "" {
			reject = &Reject{Row: r.row, Field: b.field.name, Reason: "TEXT_INVALID", Message: message}
		}
		if reject == nil && text != "" {
			if err := b.field.set(message.ProtoReflect(), text); err != nil {
				reject = &Reject{Row: r.row, Field: b.field.name, Reason: "VALUE_INVALID", Message: err.Error()}
			}
		}
		if reject != nil {
			return nil, reject
		}
	}
	return message, nil
}

// text is what a row says in a field; nothing where it says nothing.
func (b binding) text(r record, mapping *EntityMapping) (string, *Reject) {
	if b.column == "" {
		return b.constant, nil
	}
	text := r.get(b.column)
	if mapping == nil || text == "" {
		return text, nil
	}
	if text == mapping.Nothing {
		return "", nil
	}
	table, translated := mapping.Values[b.column]
	if !translated {
		return text, nil
	}
	value, known := table[text]
	if !known {
		return "", &Reject{Row: r.row, Field: b.field.name, Reason: "VALUE_UNKNOWN",
			Message: fmt.Sprintf("the mapping has no value for %q of column %s", text, b.column)}
	}
	return value, nil
}

// entityKey tells the rows of one file apart. Case does not matter in the codes of items.
func entityKey(message proto.Message, fields []string) string {
	reflected := message.ProtoReflect()
	var key strings.Builder
	for _, name := range fields {
		value := reflected.Get(reflected.Descriptor().Fields().ByName(protoreflect.Name(name))).String()
		if name == "sku" {
			value = strings.ToLower(value)
		}
		fmt.Fprintf(&key, "%q", value)
	}
	return key.String()
}
