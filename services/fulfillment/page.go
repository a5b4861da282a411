package fulfillment

import (
	"cmp"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/rpc"
)

// page reads one page, the newest first; the token is the id of the last one of the page before.
func page[Row any](
	req interface {
		GetPageSize() int32
		GetPageToken() string
	}, list func(before uuid.UUID, limit int) ([]Row, error), idOf func(Row) uuid.UUID,
) (rows []Row, token string, err error) {
	before, err := rpc.ReadIDToken(req.GetPageToken())
	if err != nil {
		return nil, "", err
	}
	size := cmp.Or(int(req.GetPageSize()), defaultShipmentPage)
	// One more than asked for tells whether there is another page.
	if rows, err = list(before, size+1); err != nil || len(rows) <= size {
		return rows, "", err
	}
	return rows[:size], rpc.IDToken(idOf(rows[size-1])), nil
}
