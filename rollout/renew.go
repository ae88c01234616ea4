package rollout

// renew takes over what is known of the steps of a server, or of those beside
// the batches, when they are made again from another inventory. A step is the
// same one when it does the same, wherever it stands now: so a once-step that
// is done stays done. It returns how many of the first steps are the same as
// before; the steps after those are done again.
func (s *State) renew(old, now []Action) (same int) {
	for same < min(len(old), len(now)) && old[same].does(now[same]) {
		same++
	}
	if same == len(old) && same == len(now) {
		return same
	}
	known := make([]*StepState, len(now))
	taken := make([]bool, len(old))
	for i, a := range now {
		for k, o := range old {
			if state, begun := s.steps[o.ID]; begun && !taken[k] && o.does(a) {
				known[i], taken[k] = &state, true
				break
			}
		}
	}
	for _, o := range old {
		delete(s.steps, o.ID)
	}
	for i, a := range now {
		if known[i] != nil {
			s.steps[a.ID] = *known[i]
		}
	}
	return same
}

// does reports whether two actions do the same on the same server.
func (a Action) does(b Action) bool {
	return a.Server == b.Server && a.Words() == b.Words() && a.Sudo == b.Sudo && a.Once == b.Once
}
