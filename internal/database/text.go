package database

import "strings"

// Storable is somebody else's text as a database takes it: UTF-8 without U+0000, and of at most so many bytes its first.
func Storable(text string, most int) string {
	text = strings.ReplaceAll(text, "\x00", "")
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(text, "")
}
