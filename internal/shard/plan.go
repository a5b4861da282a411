package shard

// holding is a row of shard_lease.
type holding struct {
	shard  int32
	epoch  int64
	holder string
}

// plan decides which shards a replica takes and which it gives back, so that live replicas come to equal parts. holdings
// is in order of shard; live names the replicas that have not expired, the replica itself among them.
func plan(me string, holdings []holding, live map[string]bool) (take, give []int32) {
	target := (Count + len(live) - 1) / len(live)
	mine := 0
	for _, h := range holdings {
		if h.holder == me {
			mine++
		}
	}
	for i := len(holdings) - 1; i >= 0 && mine > target; i-- {
		if holdings[i].holder == me {
			give = append(give, holdings[i].shard)
			mine--
		}
	}
	for _, h := range holdings {
		if mine < target && !live[h.holder] {
			take = append(take, h.shard)
			mine++
		}
	}
	return take, give
}
