package database

import (
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// registerUUIDs teaches the driver uuid.UUID and slices of it. It would manage by itself, by way of text and
// reflection: measured at thirty times the cost, in arrays that every set of rows goes through.
func registerUUIDs(types *pgtype.Map) {
	types.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{wrapUUIDEncode}, types.TryWrapEncodePlanFuncs...)
	single := &pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: uuidCodec{}}
	types.RegisterType(single)
	types.RegisterType(&pgtype.Type{
		Name: "_uuid", OID: pgtype.UUIDArrayOID, Codec: &pgtype.ArrayCodec{ElementType: single},
	})
}

var (
	errNullUUID = errors.New("cannot scan NULL into uuid.UUID, use *uuid.UUID")
	errNotUUID  = errors.New("not a uuid.UUID")
)

// wireUUID is a uuid.UUID in the terms of the driver.
type wireUUID uuid.UUID

func (u wireUUID) UUIDValue() (pgtype.UUID, error) { return pgtype.UUID{Bytes: u, Valid: true}, nil }

// wireUUIDs is a slice of them.
type wireUUIDs []uuid.UUID

func (u wireUUIDs) Dimensions() []pgtype.ArrayDimension {
	if u == nil {
		return nil
	}
	return []pgtype.ArrayDimension{{Length: int32(len(u)), LowerBound: 1}}
}

func (u wireUUIDs) Index(i int) any { return wireUUID(u[i]) }

func (u wireUUIDs) IndexType() any { return wireUUID{} }

func wrapUUIDEncode(value any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
	switch value := value.(type) {
	case uuid.UUID:
		return &uuidEncode{}, wireUUID(value), true
	case []uuid.UUID:
		return &uuidEncode{}, wireUUIDs(value), true
	default:
		return nil, nil, false
	}
}

type uuidEncode struct{ next pgtype.EncodePlan }

func (p *uuidEncode) SetNext(next pgtype.EncodePlan) { p.next = next }

func (p *uuidEncode) Encode(value any, buffer []byte) ([]byte, error) {
	switch value := value.(type) {
	case uuid.UUID:
		return p.next.Encode(wireUUID(value), buffer)
	case []uuid.UUID:
		return p.next.Encode(wireUUIDs(value), buffer)
	default:
		return nil, errNotUUID
	}
}

// uuidCodec reads into a uuid.UUID directly. NULL is refused there, where the driver would silently make it a zero.
type uuidCodec struct{ pgtype.UUIDCodec }

func (c uuidCodec) PlanScan(types *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*uuid.UUID); ok && format == pgtype.BinaryFormatCode {
		return uuidScan{}
	}
	return c.UUIDCodec.PlanScan(types, oid, format, target)
}

type uuidScan struct{}

func (uuidScan) Scan(source []byte, target any) error {
	id, ok := target.(*uuid.UUID)
	switch {
	case !ok || source != nil && len(source) != len(id):
		return errNotUUID
	case source == nil:
		return errNullUUID
	}
	copy(id[:], source)
	return nil
}
