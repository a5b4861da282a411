package main

import (
	"fmt"
	"time"
)

// span is how long something goes back or may take: longer than nothing.
type span time.Duration

// UnmarshalText reads it as Go writes durations.
func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is no time longer than nothing, such as 90m or 2h", text)
	}
	*s = span(d)
	return nil
}
