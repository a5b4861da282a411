package bus

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Subject is where an event of a type and a shard is published.
func Subject(eventType string, shard int32) string {
	return eventType + "." + strconv.Itoa(int(shard))
}

// StateSubject is where the state of one thing is published. Its parts, such as an item and a node, may hold any
// character.
func StateSubject(eventType string, parts ...string) string {
	return eventType + "." + EncodeParts(parts...)
}

// EncodeParts writes parts as tokens of a subject, joined by dots. DecodeParts reads them back.
func EncodeParts(parts ...string) string {
	tokens := make([]string, len(parts))
	for i, part := range parts {
		tokens[i] = encodeToken(part)
	}
	return strings.Join(tokens, ".")
}

// DecodeParts reads what EncodeParts wrote.
func DecodeParts(tokens string) ([]string, error) {
	parts := strings.Split(tokens, ".")
	for i, token := range parts {
		if token == emptyToken {
			parts[i] = ""
			continue
		}
		part, err := percentDecode(token)
		if err != nil {
			return nil, fmt.Errorf("subject token %q: %w", token, err)
		}
		parts[i] = part
	}
	return parts, nil
}

// emptyToken stands for an empty part: subjects have no empty tokens. No other part is written so.
const emptyToken = "%"

func encodeToken(part string) string {
	if part == "" {
		return emptyToken
	}
	return percentEncode(part, plainInSubject)
}

func plainInSubject(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// kindSubjects are the subjects of every event of a kind of aggregate in one shard: all verbs, all versions.
func kindSubjects(kind string, shard int32) string {
	return subjectRoot + kind + ".*.*." + strconv.Itoa(int(shard))
}

const subjectRoot = "waybill."

// kindOf is the second and third token of a type or subject.
func kindOf(eventType string) string {
	rest, ok := strings.CutPrefix(eventType, subjectRoot)
	if !ok {
		return ""
	}
	domain, rest, ok := strings.Cut(rest, ".")
	if !ok {
		return ""
	}
	aggregate, _, _ := strings.Cut(rest, ".")
	return domain + "." + aggregate
}

func percentEncode(text string, plain func(byte) bool) string {
	const digits = "0123456789ABCDEF"
	var encoded strings.Builder
	for i := range len(text) {
		if c := text[i]; plain(c) {
			encoded.WriteByte(c)
		} else {
			encoded.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return encoded.String()
}

var errPercent = errors.New("a percent sign without two hexadecimal digits")

func percentDecode(text string) (string, error) {
	var decoded strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			decoded.WriteByte(text[i])
			continue
		}
		if i+2 >= len(text) {
			return "", errPercent
		}
		c, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
		if err != nil {
			return "", errPercent
		}
		decoded.WriteByte(byte(c))
		i += 2
	}
	return decoded.String(), nil
}
