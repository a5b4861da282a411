package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/waybill-dev/waybill/internal/observe"
)

// environment is what every command gets.
type environment struct {
	ctx  context.Context // ends at the first signal
	stop func()          // ends ctx as a signal does
	log  *slog.Logger
}

// newLogger writes to standard error: for people, or as JSON for machines.
func newLogger(format, level string) *slog.Logger {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		least = slog.LevelInfo
	}
	var handler slog.Handler
	if format == "json" {
		handler = slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: least})
	} else {
		handler = tint.NewTextHandler(os.Stderr, &tint.Options{
			Level: least, TimeFormat: time.TimeOnly, NoColor: !term.IsTerminal(int(os.Stderr.Fd())),
		})
	}
	log := slog.New(observe.Handler(handler))
	slog.SetDefault(log)
	return log
}
