package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
)

// watchAvailability subscribes as a channel does, and measures how old each change is when it is seen. The channel that
// it returns gives the error, if any, after ctx has ended.
func (d *day) watchAvailability(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	began := time.Now()
	go func() {
		stream, err := d.waybill.Inventory.WatchAvailability(ctx, &inventoryv1.WatchAvailabilityRequest{})
		for err == nil {
			var change *inventoryv1.WatchAvailabilityResponse
			if change, err = stream.Recv(); err == nil {
				d.seen(change.GetAvailability(), began)
			}
		}
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			err = nil
		}
		if err != nil {
			err = fmt.Errorf("watch availability: %w", err)
		}
		done <- err
	}()
	return done
}

// seen notes a change that was made after the watch began: what comes first is the state of long ago.
func (d *day) seen(change *inventoryv1.Availability, began time.Time) {
	at := change.GetAsOf().AsTime()
	if at.Before(began) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.report.freshness = append(d.report.freshness, time.Since(at))
}
