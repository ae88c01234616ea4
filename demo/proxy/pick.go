package proxy

// pick chooses the server for the next request, nil if none is usable: round
// robin, spread smoothly by weight (each turn every server gains its weight, the
// richest is chosen and pays what all gained).
func pick(members []*member) *member {
	var best *member
	total := 0
	for _, m := range members {
		if !m.usable() {
			continue
		}
		m.turn += m.weight
		total += m.weight
		if best == nil || m.turn > best.turn {
			best = m
		}
	}
	if best != nil {
		best.turn -= total
	}
	return best
}
