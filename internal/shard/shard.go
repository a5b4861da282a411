package shard

import (
	"hash/fnv"

	"github.com/google/uuid"
)

// Count is the number of shards. It is part of the stored data and of the subjects of events: it never changes.
const Count = 8

// Of is the shard of an aggregate that is named by a code. The same key has the same shard for ever.
func Of(key string) int32 { return of([]byte(key)) }

// OfUUID is the shard of an aggregate that is named by a UUID.
func OfUUID(id uuid.UUID) int32 { return of(id[:]) }

func of(key []byte) int32 {
	hash := fnv.New64a()
	hash.Write(key)
	sum := hash.Sum64()
	// The low bits of FNV mix badly for short keys: fold the high half in.
	return int32((sum ^ sum>>32) % Count)
}
