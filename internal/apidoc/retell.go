package main

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// retell gives the document the shape of one API: operations in sections by what they are about and named by what they do,
// schemas named without the packages behind them, texts in partners' words.
func retell(doc document) error {
	paths, err := child(doc, "paths")
	if err != nil {
		return err
	}
	used := map[string]section{}
	for path := range paths {
		operations, err := child(paths, path)
		if err != nil {
			return err
		}
		for verb := range operations {
			operation, err := child(operations, verb)
			if err != nil {
				return err
			}
			of := sectionOf(path)
			used[of.name] = of
			operation["tags"] = []any{of.name}
			nameOperation(operation)
		}
	}
	doc["tags"] = tagsOf(used)
	shortenSchemas(doc)
	fields := fieldNames()
	reword(doc, func(text string) string { return partnersWords(text, fields) })
	return nil
}

// nameOperation turns OrderService_SubmitOrder into submitOrder, and a comment into a headline and the whole of it.
func nameOperation(operation document) {
	id, _ := operation["operationId"].(string)
	if _, method, ok := strings.Cut(id, "_"); ok && method != "" {
		operation["operationId"] = strings.ToLower(method[:1]) + method[1:]
	}
	summary, _ := operation["summary"].(string)
	description, _ := operation["description"].(string)
	line, text := headline(strings.TrimSpace(summary + "\n\n" + description))
	operation["summary"] = line
	delete(operation, "description")
	if text != "" {
		operation["description"] = text
	}
}

func tagsOf(used map[string]section) []any {
	order := func(s section) int {
		at := slices.IndexFunc(sections, func(other section) bool { return other.name == s.name })
		if at < 0 {
			return len(sections)
		}
		return at
	}
	listed := make([]section, 0, len(used))
	for _, one := range used {
		listed = append(listed, one)
	}
	slices.SortFunc(listed, func(a, b section) int {
		if d := order(a) - order(b); d != 0 {
			return d
		}
		return strings.Compare(a.name, b.name)
	})
	tags := make([]any, len(listed))
	for i, one := range listed {
		tag := document{"name": one.name}
		if one.about != "" {
			tag["description"] = one.about
		}
		tags[i] = tag
	}
	return tags
}

const schemaPath = "#/components/schemas/"

// shortenSchemas names a schema by the last part of its name where no other one has it.
func shortenSchemas(doc document) {
	schemas, err := child(doc, "components", "schemas")
	if err != nil {
		return
	}
	last := func(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
	count := map[string]int{}
	for name := range schemas {
		count[last(name)]++
	}
	short := map[string]string{}
	for name := range schemas {
		if to := last(name); to != name && count[to] == 1 {
			short[name] = to
		}
	}
	for from, to := range short {
		schemas[to] = schemas[from]
		delete(schemas, from)
	}
	walk(doc, func(object document) {
		if ref, ok := object["$ref"].(string); ok {
			if to, ok := short[strings.TrimPrefix(ref, schemaPath)]; ok {
				object["$ref"] = schemaPath + to
			}
		}
	})
}

// reword changes every text that people read.
func reword(doc document, change func(string) string) {
	walk(doc, func(object document) {
		for _, key := range []string{"summary", "description"} {
			if text, ok := object[key].(string); ok {
				object[key] = change(text)
			}
		}
	})
}

// walk visits every object of the document.
func walk(value any, visit func(document)) {
	switch value := value.(type) {
	case document:
		visit(value)
		for _, inner := range value {
			walk(inner, visit)
		}
	case []any:
		for _, inner := range value {
			walk(inner, visit)
		}
	}
}

// fieldNames are the JSON names of the contract's fields by their names in comments.
func fieldNames() map[string]string {
	names := map[string]string{}
	var add func(messages protoreflect.MessageDescriptors)
	add = func(messages protoreflect.MessageDescriptors) {
		for i := range messages.Len() {
			fields := messages.Get(i).Fields()
			for j := range fields.Len() {
				names[string(fields.Get(j).Name())] = fields.Get(j).JSONName()
			}
			add(messages.Get(i).Messages())
		}
	}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(string(file.Package()), "waybill.") {
			add(file.Messages())
		}
		return true
	})
	return names
}
