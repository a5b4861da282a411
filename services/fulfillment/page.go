package fulfillment

import (
	"cmp"
	"encoding/base64"

	"github.com/google/uuid"
)

// page reads one page, the newest first; the token is the id of the last one of the page before.
func page[Row any](
	req interface {
		GetPageSize() int32
		GetPageToken() string
	}, list func(before uuid.UUID, limit int) ([]Row, error), idOf func(Row) uuid.UUID,
) (rows []Row, token string, err error) {
	before, err := readPageToken(req.GetPageToken())
	if err != nil {
		return nil, "", err
	}
	size := cmp.Or(int(req.GetPageSize()), defaultShipmentPage)
	// One more than asked for tells whether there is another page.
	if rows, err = list(before, size+1); err != nil || len(rows) <= size {
		return rows, "", err
	}
	last := idOf(rows[size-1])
	return rows[:size], base64.RawURLEncoding.EncodeToString(last[:]), nil
}
