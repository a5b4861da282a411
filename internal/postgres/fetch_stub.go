package postgres

import (
	"context"
	"errors"
	"log/slog"
)

func fromBundle(context.Context, int, *slog.Logger) (binaries, error) {
	return binaries{}, errors.New("bundle")
}
func fromLibrary(context.Context, int, *slog.Logger) (binaries, error) {
	return binaries{}, errors.New("lib")
}
