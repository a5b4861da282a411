package batch

// Waiting is how many calls wait for a batch.
func (c *Coalescer[Req, Res]) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue)
}

// Closed reports whether Close has been called.
func (c *Coalescer[Req, Res]) Closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}
