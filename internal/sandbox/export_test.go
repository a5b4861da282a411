package sandbox

import "context"

// CallForTest lets a call without an effect through a box.
func CallForTest(ctx context.Context, b *Box) error {
	_, err := b.call(ctx, true, func(context.Context, fate) (any, error) { return nil, nil })
	return err
}
