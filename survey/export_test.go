package survey

// Shares is shares.
func Shares(servers []Server) []Share { return shares(servers) }
