package shard

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
)

// round shows that this replica lives, takes and gives back what plan says, and returns what is owned then.
func (o *Owner) round(ctx context.Context, tx database.Transaction) (Leases, error) {
	_, err := tx.Exec(ctx, `INSERT INTO shard_replica (grp, replica, expires_at)
		VALUES ($1, $2, now() + $3::INT8 * INTERVAL '1 millisecond')
		ON CONFLICT (grp, replica) DO UPDATE SET expires_at = excluded.expires_at`,
		o.group, o.replica, o.lease.Milliseconds())
	if err != nil {
		return Leases{}, err
	}
	live, err := o.liveReplicas(ctx, tx)
	if err != nil {
		return Leases{}, err
	}
	holdings, err := o.holdings(ctx, tx)
	if err != nil {
		return Leases{}, err
	}
	take, give := plan(o.replica, holdings, live)
	if err := o.change(ctx, tx, take, give); err != nil {
		return Leases{}, err
	}
	return o.after(holdings, take, give), nil
}

// liveReplicas are those that have not expired. The others are removed: one that still lives comes back with its next
// renewal, having lost its leases in between.
func (o *Owner) liveReplicas(ctx context.Context, tx database.Transaction) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `SELECT replica, expires_at > now() FROM shard_replica WHERE grp = $1`, o.group)
	if err != nil {
		return nil, err
	}
	live := make(map[string]bool)
	expired := false
	var replica string
	var alive bool
	_, err = pgx.ForEachRow(rows, []any{&replica, &alive}, func() error {
		if alive {
			live[replica] = true
		}
		expired = expired || !alive
		return nil
	})
	if err == nil && expired {
		_, err = tx.Exec(ctx, `DELETE FROM shard_replica WHERE grp = $1 AND expires_at <= now()`, o.group)
	}
	return live, err
}

// holdings reads the lease rows in order of shard and makes them when the group is new.
func (o *Owner) holdings(ctx context.Context, tx database.Transaction) ([]holding, error) {
	found, err := o.readHoldings(ctx, tx)
	if err != nil || len(found) == Count {
		return found, err
	}
	all := make([]int32, Count)
	for i := range all {
		all[i] = int32(i)
	}
	_, err = tx.Exec(ctx, `INSERT INTO shard_lease (grp, shard, epoch, holder)
		SELECT $1::TEXT, unnest($2::INT8[]), 0, '' ON CONFLICT (grp, shard) DO NOTHING`, o.group, all)
	if err != nil {
		return nil, err
	}
	return o.readHoldings(ctx, tx)
}

func (o *Owner) readHoldings(ctx context.Context, tx database.Transaction) ([]holding, error) {
	rows, err := tx.Query(ctx, `SELECT shard, epoch, holder FROM shard_lease WHERE grp = $1 ORDER BY shard`, o.group)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (holding, error) {
		var h holding
		err := row.Scan(&h.shard, &h.epoch, &h.holder)
		return h, err
	})
}

func (o *Owner) change(ctx context.Context, tx database.Transaction, take, give []int32) error {
	if len(take) > 0 {
		_, err := tx.Exec(ctx, `UPDATE shard_lease SET epoch = epoch + 1, holder = $2 WHERE grp = $1 AND shard = ANY($3::INT8[])`,
			o.group, o.replica, take)
		if err != nil {
			return err
		}
	}
	if len(give) > 0 {
		// The epoch stays: until another replica takes the shard, what is still under way here may finish.
		_, err := tx.Exec(ctx, `UPDATE shard_lease SET holder = '' WHERE grp = $1 AND shard = ANY($2::INT8[])`, o.group, give)
		if err != nil {
			return err
		}
	}
	return nil
}

// after is what this replica owns once take and give are done.
func (o *Owner) after(holdings []holding, take, give []int32) Leases {
	owned := Leases{group: o.group}
	for _, h := range holdings {
		if h.holder == o.replica {
			owned.epochs[h.shard] = h.epoch
		}
	}
	for _, h := range holdings {
		for _, shard := range take {
			if h.shard == shard {
				owned.epochs[shard] = h.epoch + 1
			}
		}
	}
	for _, shard := range give {
		owned.epochs[shard] = 0
	}
	return owned
}
