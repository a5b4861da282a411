package shard

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
)

// ReasonLeaseLost is the reason of the fault with which Check refuses: another replica owns a shard now.
const ReasonLeaseLost = "LEASE_LOST"

// Leases is what a replica owned at one moment: shards with the epochs under which it holds them. The zero value owns
// nothing. Two are equal when they hold the same shards under the same epochs.
type Leases struct {
	group string
	// epochs is 0 where the shard is not owned.
	epochs [Count]int64
}

// Shards are the owned shards in ascending order.
func (l Leases) Shards() []int32 {
	var owned []int32
	for shard, epoch := range l.epochs {
		if epoch != 0 {
			owned = append(owned, int32(shard))
		}
	}
	return owned
}

// Wide are shards as statements take them.
func Wide(shards []int32) []int64 {
	wide := make([]int64, len(shards))
	for i, shard := range shards {
		wide[i] = int64(shard)
	}
	return wide
}

// Empty reports whether nothing is owned.
func (l Leases) Empty() bool { return l.epochs == [Count]int64{} }

// Holds reports whether the shard is owned.
func (l Leases) Holds(shard int32) bool {
	return shard >= 0 && shard < Count && l.epochs[shard] != 0
}

// Only is the part of l that concerns the given shards, so that a transaction checks no more than it touches.
func (l Leases) Only(shards ...int32) Leases {
	part := Leases{group: l.group}
	for _, shard := range shards {
		if l.Holds(shard) {
			part.epochs[shard] = l.epochs[shard]
		}
	}
	return part
}

// Check is the fence: it fails with LEASE_LOST (Conflict) unless every lease in l is still held under the same epoch.
// Call it in the transaction that writes for the drained rows; an empty set fails too. It reads and locks nothing:
// SERIALIZABLE orders the transaction before a take-over or makes one of the two run again. For the same reason it does not matter
// when in the transaction that is: where tx is a Pipeline, it fails with what was collected.
func (l Leases) Check(ctx context.Context, tx database.Transaction) error {
	const epochs = `SELECT shard, epoch FROM shard_lease WHERE grp = $1`
	if l.Empty() {
		return leaseLost()
	}
	if together, ok := tx.(*database.Pipeline); ok {
		together.Read(l.compare, epochs, l.group)
		return nil
	}
	rows, err := tx.Query(ctx, epochs, l.group)
	if err != nil {
		return err
	}
	defer rows.Close()
	return l.compare(rows)
}

// compare fails unless every lease is among the rows under its epoch.
func (l Leases) compare(rows pgx.Rows) error {
	missing := l
	for rows.Next() {
		var shard int32
		var epoch int64
		if err := rows.Scan(&shard, &epoch); err != nil {
			return err
		}
		if l.Holds(shard) && l.epochs[shard] == epoch {
			missing.epochs[shard] = 0
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if !missing.Empty() {
		return leaseLost()
	}
	return nil
}

func leaseLost() error {
	return fault.New(fault.Conflict, ReasonLeaseLost, "another replica owns this work now")
}
