package store

import (
	"context"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// Queue is the processes of one kind and state.
type Queue struct {
	Kind  process.KindName
	State process.State
	// Processes is how many there are, Due how many of them are due, Oldest since when the first is or will be.
	Processes, Due int64
	Oldest         time.Time
}

// MeasureProcesses counts the processes of the shards.
func MeasureProcesses(ctx context.Context, db DBTX, shards []int32, now time.Time) ([]Queue, error) {
	rows, err := New(db).MeasureProcesses(ctx, MeasureProcessesParams{Now: stamp(now), Shards: shard.Wide(shards)})
	if err != nil {
		return nil, fmt.Errorf("measure processes: %w", err)
	}
	queues := make([]Queue, len(rows))
	for i, row := range rows {
		queues[i] = Queue{
			Kind: process.KindName(row.Kind), State: process.State(row.State),
			Processes: row.Processes, Due: row.Due, Oldest: row.Oldest.Time,
		}
	}
	return queues, nil
}
