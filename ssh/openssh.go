package ssh

// OpenSSH returns the arguments with which OpenSSH's own client reaches the
// machine as this one does, for a person who wants a shell there.
func (c *Client) OpenSSH() ([]string, error) {
	if c.err != nil {
		return nil, c.err
	}
	var args []string
	if c.pool.config.File != "" {
		args = append(args, "-F", c.pool.config.File)
	}
	if c.query.User != "" {
		args = append(args, "-l", c.query.User)
	}
	if c.query.Port != "" {
		args = append(args, "-p", c.query.Port)
	}
	return append(args, "--", c.query.Host), nil
}

// HostKey returns the kind and the fingerprint of the key by which the machine
// was known at the last login; "" before the first.
func (c *Client) HostKey() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hostKey
}
