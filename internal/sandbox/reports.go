package sandbox

import (
	"context"

	"google.golang.org/grpc"
)

// Reports gives a connection on which what the sandbox tells others passes the box: a warehouse that is away reports nothing,
// and one whose messages arrive twice tells twice. Its calls count against no limit and elements are not refused: that is for
// whom it reports to. Streams pass untouched.
func (b *Box) Reports(conn grpc.ClientConnInterface) grpc.ClientConnInterface {
	return reports{b, conn}
}

type reports struct {
	box *Box
	grpc.ClientConnInterface
}

func (r reports) Invoke(ctx context.Context, method string, request, reply any, opts ...grpc.CallOption) error {
	_, err := r.box.call(ctx, false, func(ctx context.Context, _ fate) (any, error) {
		return nil, r.ClientConnInterface.Invoke(ctx, method, request, reply, opts...)
	})
	return err
}
